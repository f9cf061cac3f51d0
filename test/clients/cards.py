"""Reads cards with the libraries of other people, offline: python cards.py FILE, a JSON list of {hf, cyclonedx}.
Prints a JSON list of what each of them understood."""

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
import yaml

validator = JsonStrictValidator(SchemaVersion.V1_6)


def read(card):
    model_card = ModelCard(card["hf"])
    again = ModelCard(str(model_card))
    bom = json.loads(card["cyclonedx"])
    error = validator.validate_str(card["cyclonedx"])
    component = Bom.from_json(bom).metadata.component
    return {
        "data": model_card.data.to_dict(),
        "evaluations": [vars(result) for result in model_card.data.eval_results or []],
        "text": model_card.text,
        "again": again.data.to_dict() == model_card.data.to_dict(),
        "invalid": None if error is None else str(error),
        "component": {
            "type": component.type.value,
            "name": component.name,
            "version": component.version,
            "hashes": {entry.alg.value: entry.content for entry in component.hashes},
            "licenses": [getattr(one, "id", None) or getattr(one, "name", None) or one.value for one in component.licenses],
            "references": sorted(str(reference.url) for reference in component.external_references),
        },
    }


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([read(card) for card in json.load(file)], default=str))
