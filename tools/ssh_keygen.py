"""Replaces ssh-keygen on machines that do not have it.

ansible-test creates a key pair before each integration run, even for local runs that
do not use it, and fails if OpenSSH's client is not installed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-m", choices=["PEM"])
    parser.add_argument("-t", choices=["rsa"])
    parser.add_argument("-q", action="store_true")
    parser.add_argument("-N", choices=[""])
    parser.add_argument("-f", type=Path, required=True)
    path = parser.parse_args().f
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
    path.with_name(f"{path.name}.pub").write_bytes(public + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
