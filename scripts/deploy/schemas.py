"""schemas.py [--crds FOLDER] FILE…: holds every document of YAML files to the schema of its kind, and prints the faults.

Kinds of Kubernetes: its own OpenAPI schemas, strictly (kubernetes-validate). Custom resources: the schemas of the CRDs in FOLDER
(*.crd.yaml or *.crd.yaml.gz), where an unknown member is a fault. ServiceMonitor: the operator's types; what they do not take over is unknown.
compose.yaml: the schema of the Compose specification. A line for each document says what it was held to. A kind that nothing knows is a fault, unless --crds was left out and it is custom.
"""

import argparse
import gzip
import importlib.util
import json
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

OPERATOR_KINDS = {"ServiceMonitor": operator.ServiceMonitor}
#: Files that tools read and no cluster: a kustomization and values of a chart.
FOR_TOOLS = {"kustomization.yaml", "prometheus-adapter.yaml"}


def strict(schema):
    """The schema of a CRD as JSON Schema has it: unknown members are refused, as `kubectl --validate=strict` does."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: strict(item) for name, item in value.items()}
        elif key != "default":
            made[key] = strict(value)
    if "properties" in made and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def custom_resources(folder):
    """The schemas of a folder of CRDs by apiVersion and kind."""
    found = {}
    for path in sorted(Path(folder).iterdir()):
        if not path.name.endswith((".crd.yaml", ".crd.yaml.gz")):
            continue
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for crd in yaml.safe_load_all(text):
            if not crd:
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                # Every object has these; the schema says no more of metadata than that it is an object.
                schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    for (api, kind), schema in list(found.items()):
        # The namespaced kind has the spec of the kind of a cluster.
        if kind.startswith("Cluster"):
            found.setdefault((api, kind.removeprefix("Cluster")), schema)
    if not found:
        raise SystemExit(f"Expected files *.crd.yaml or *.crd.yaml.gz in {folder} but there are none")
    return found


def unknown_members(given, taken, at=""):
    """What a type left out of what it was given."""
    if isinstance(given, dict) and isinstance(taken, dict):
        for key, value in given.items():
            if key in taken:
                yield from unknown_members(value, taken[key], f"{at}/{key}")
            else:
                yield f"{at}/{key} is unknown"
    elif isinstance(given, list) and isinstance(taken, list):
        for i, value in enumerate(given):
            yield from unknown_members(value, taken[i], f"{at}/{i}")


def errors_of(schema, document):
    errors = jsonschema.Draft7Validator(schema).iter_errors(document)
    return [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]


def compose_schema():
    """A file of a package that cannot be imported without others, and need not be."""
    [folder] = importlib.util.find_spec("compose").submodule_search_locations
    return json.loads((Path(folder) / "config/compose_spec.json").read_text())


def faults_of(document, crds):
    """(what it was held to, faults)"""
    if "services" in document:
        return "the Compose specification", errors_of(compose_schema(), document)
    api, kind = document.get("apiVersion", ""), document.get("kind", "")
    if (api, kind) in crds:
        return "its CRD", errors_of(crds[api, kind], document)
    if kind in OPERATOR_KINDS:
        try:
            taken = OPERATOR_KINDS[kind].model_validate(document).model_dump(by_alias=True, exclude_unset=True)
        except ValueError as error:
            return "the operator's types", [str(error)]
        return "the operator's types", list(unknown_members(document, taken))
    if "." in api.split("/")[0] and not api.split("/")[0].endswith(".k8s.io"):
        return ("nothing: give the folder of its CRD", [] if not crds else ["no CRD in the folder"])
    try:
        version = kubernetes_validate.latest_version()
        kubernetes_validate.validate(document, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return f"Kubernetes {version}", [str(getattr(error, "message", error))[:300]]
    return f"Kubernetes {version}", []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crds")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    crds = custom_resources(options.crds) if options.crds else {}
    failed = False
    for file in options.files:
        documents = [one for one in yaml.safe_load_all(Path(file).read_text()) if one]
        if Path(file).name in FOR_TOOLS:
            print(f"{file}: YAML, read by a tool and by no cluster")
            continue
        for document in documents:
            held_to, faults = faults_of(document, crds)
            name = f"{file}: {document.get('kind')} {document.get('metadata', document).get('name', '')}"
            print(f"{name}: held to {held_to}{'' if not faults else ': FAULTS'}")
            for fault in faults:
                failed = True
                print(f"  {fault}")
    sys.exit(failed)


main()
