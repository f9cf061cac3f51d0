"""Signs and verifies with OpenSSF's model-signing: a JSON array of orders on stdin, one of outcomes on stdout."""

import json
import sys

import model_signing as ms


def hashing(order):
    config = ms.hashing.Config()
    if "shard_size" in order:
        return config.use_shard_serialization(shard_size=order["shard_size"])
    return config.use_file_serialization(hashing_algorithm=order.get("algorithm", "sha256"))


def sign(order):
    config = ms.signing.Config().set_hashing_config(hashing(order))
    if "certificate" in order:
        config.use_certificate_signer(
            private_key=order["key"], signing_certificate=order["certificate"], certificate_chain=order["chain"]
        )
    else:
        config.use_elliptic_key_signer(private_key=order["key"])
    config.sign(order["model"], order["signature"])


def verify(order):
    config = ms.verifying.Config()
    if "authorities" in order:
        config.use_certificate_verifier(certificate_chain=order["authorities"])
    else:
        config.use_elliptic_key_verifier(public_key=order["key"])
    config.verify(order["model"], order["signature"])


outcomes = []
for order in json.load(sys.stdin):
    try:
        {"sign": sign, "verify": verify}[order["do"]](order)
        outcomes.append(None)
    except Exception as error:
        outcomes.append(f"{type(error).__name__}: {error}")
json.dump(outcomes, sys.stdout)
