"""models.py FILE…: builds KServe's documents of YAML files with the models of its Python SDK, and Kubernetes' with its client's.

Their constructors refuse what is missing or of a wrong value; an attribute that they do not have, or one of another type, is a fault too.
"""

import re
import sys
from pathlib import Path

import kserve
import kubernetes.client
import yaml

PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool}


def model_named(name):
    return getattr(kserve, name, None) or getattr(kubernetes.client, name, None)


def build(kind, value, at):
    """The value as the generated code types it. Raises ValueError with the place."""
    if listed := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            raise ValueError(f"{at}: expected a list but received {value!r}")
        return [build(listed[1], item, f"{at}/{i}") for i, item in enumerate(value)]
    if mapped := re.fullmatch(r"dict\((?:\w+), (.+)\)|dict\[(?:\w+), (.+)\]", kind):
        if not isinstance(value, dict):
            raise ValueError(f"{at}: expected an object but received {value!r}")
        return {key: build(mapped[1] or mapped[2], item, f"{at}/{key}") for key, item in value.items()}
    if kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (isinstance(value, bool) and kind != "bool"):
            # Quantities and ports may be numbers.
            if kind != "str" or not isinstance(value, int):
                raise ValueError(f"{at}: expected {kind} but received {value!r}")
        return value
    model = model_named(kind)
    if model is None or not hasattr(model, "openapi_types"):
        return value
    names = {json: attribute for attribute, json in model.attribute_map.items()}
    if not isinstance(value, dict):
        raise ValueError(f"{at}: expected an object but received {value!r}")
    for key in value:
        if key not in names:
            raise ValueError(f"{at}/{key}: {kind} has no such attribute")
    given = {names[key]: build(model.openapi_types[names[key]], item, f"{at}/{key}") for key, item in value.items()}
    try:
        return model(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{at}: {error}") from None


def model_of(document):
    """V1alpha1ClusterServingRuntime for serving.kserve.io/v1alpha1, V1Deployment for apps/v1."""
    version = document["apiVersion"].split("/")[-1]
    return f"{version[0].upper()}{version[1:]}{document['kind']}"


failed = False
for file in sys.argv[1:]:
    for document in yaml.safe_load_all(Path(file).read_text()):
        if not document or "kind" not in document:
            continue
        kind = model_of(document)
        if model_named(kind) is None:
            continue
        try:
            build(kind, document, "")
            print(f"{file}: {kind} {document['metadata']['name']}: built")
        except ValueError as error:
            failed = True
            print(f"{file}: {kind} {document['metadata']['name']}: FAULT {error}")
sys.exit(failed)
