"""Saves TorchScript modules as clean archives: the same bytes on every machine, and nothing about the machine in them.

torch.jit.save writes `.debug_pkl` records (source ranges with absolute paths) and a `serialization_id` derived from
them. Both are dropped; the rest is written again in a fixed order with a fixed time stamp. Records stay uncompressed
and start at multiples of 64 bytes, as torch writes them, so that a loader may map them.
"""

import getpass
import io
import os
import socket
import struct
import zipfile
from pathlib import Path

import torch

ALIGNMENT = 64
ROOT = "archive"  # what torch itself calls an archive that is saved to memory
EPOCH = (1980, 1, 1, 0, 0, 0)
LOCAL_HEADER_BYTES = 30


def is_debug_record(name: str) -> bool:
    """Whether the loader can do without this record, and it depends on the machine that saved the module."""
    return name.endswith(".debug_pkl") or name.endswith("/.data/serialization_id")


def clean_archive(raw: bytes) -> bytes:
    """Rewrites a torch archive (zip bytes) without its machine-dependent records; returns zip bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            if is_debug_record(entry.filename):
                continue
            record = zipfile.ZipInfo(f"{ROOT}/{entry.filename.split('/', 1)[1]}", EPOCH)
            record.external_attr = 0
            record.create_system = 0
            record.extra = alignment_padding(out.tell() + LOCAL_HEADER_BYTES + len(record.filename.encode()))
            target.writestr(record, source.read(entry))
    return out.getvalue()


def alignment_padding(offset: int) -> bytes:
    """A zip extra field ('FB', as torch names its own) that moves the data from `offset` to the next multiple of 64."""
    body = -(offset + 4) % ALIGNMENT
    return b"FB" + struct.pack("<H", body) + b"Z" * body


def machine_marks() -> list[str]:
    """Strings that tell where an archive was built: folders, user and host name (short ones would match by chance)."""
    here = Path(__file__).resolve()
    marks = {os.getcwd(), str(Path.home()), str(here.parent), str(here.parents[1]), str(Path(torch.__file__).parent)}
    marks |= {name for name in (getpass.getuser(), socket.gethostname()) if len(name) >= 6}
    return sorted(mark for mark in marks if len(mark) > 2)


def check_archive(data: bytes) -> None:
    """Raises ValueError when an archive holds a mark of this machine, a compressed record or an unaligned tensor."""
    marks = [mark.encode() for mark in machine_marks()]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = [("the archive", data)] + [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
        for entry in archive.infolist():
            name_bytes, extra_bytes = struct.unpack_from("<HH", data, entry.header_offset + 26)
            start = entry.header_offset + LOCAL_HEADER_BYTES + name_bytes + extra_bytes
            if entry.compress_type != zipfile.ZIP_STORED or start % ALIGNMENT:
                raise ValueError(f"{entry.filename} is compressed or not aligned to {ALIGNMENT} bytes")
    for name, content in contents:
        for mark in marks:
            if mark in content:
                raise ValueError(f"{name} holds {mark.decode()!r}")


def script_bytes(module: torch.jit.ScriptModule) -> bytes:
    """The clean archive of a scripted module; proven to load again and to hold no mark of this machine."""
    raw = io.BytesIO()
    torch.jit.save(module, raw)
    data = clean_archive(raw.getvalue())
    check_archive(data)
    torch.jit.load(io.BytesIO(data))
    return data
