# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of the JSON that Baileys adds to each message; keys, hashes and previews are random."""

from __future__ import annotations

import binascii
import json
import random


class Noise:
    """A supply of random base64 text, which is much faster than generating each key separately."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._text = ""
        self._at = 0

    def take(self, length: int) -> str:
        """Given a length, return that many characters."""
        at = self._at
        end = at + length
        if end > len(self._text):
            raw = self._rng.randbytes(3 * max(length, 1 << 18))
            self._text = binascii.b2a_base64(raw, newline=False).decode("ascii")
            at, end = 0, length
        self._at = end
        return self._text[at:end]


_KEY = (
    '{"key":{"remoteJid":"%(jid)s","fromMe":%(me)s,"id":"%(id)s"%(participant)s},"messageTimestamp":%(ts)d,'
)
_HEAD = (
    _KEY + '"pushName":%(push)s,"broadcast":false,"labels":[],"userReceipt":[],"status":%(ack)d,"message":{'
)
_INFO = (
    '"messageContextInfo":{"deviceListMetadata":{"senderKeyHash":"%(n14)s==","senderTimestamp":"%(ts)d",'
    '"recipientKeyHash":"%(m14)s==",'
    '"recipientTimestamp":"%(ts)d"},"deviceListMetadataVersion":2,"messageSecret":"%(p43)s="}}%(tail)s}'
)
_FILE = (
    '"url":"https://mmg.whatsapp.net/v/t62.7118-24/%(path)s_n.enc?ccb=11-4&oh=01_Q5Aa%(n30)s&oe=66A1B2C3'
    '&_nc_sid=5e03e0&mms3=true","mimetype":"%(mime)s","fileSha256":"%(n43)s=","fileLength":"%(size)d",'
    '"mediaKey":"%(m43)s=","fileEncSha256":"%(o43)s=","directPath":"/v/t62.7118-24/%(path)s_n.enc?ccb=11-4'
    '&oh=01_Q5Aa%(n30)s&oe=66A1B2C3&_nc_sid=5e03e0","mediaKeyTimestamp":"%(ts)d",'
)

TEMPLATES: dict[str, str] = {
    "conversation": _HEAD + '"conversation":%(text)s,' + _INFO,
    "extendedTextMessage": _HEAD
    + '"extendedTextMessage":{"text":%(text)s,"previewType":"NONE","contextInfo":{'
    '"entryPointConversionSource":"global_search_new_chat","entryPointConversionDelaySeconds":%(size)d},"inviteLinkGroupTypeV2":"DEFAULT"},'
    + _INFO,
    "image": _HEAD + '"imageMessage":{' + _FILE + '"caption":%(text)s,"height":1280,"width":960,'
    '"jpegThumbnail":"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9V%(thumb)s=",'
    '"contextInfo":{}},' + _INFO,
    "audio": _HEAD
    + '"audioMessage":{'
    + _FILE
    + '"seconds":%(seconds)d,"ptt":true,"waveform":"%(thumb)s="},'
    + _INFO,
    "document": _HEAD + '"documentMessage":{' + _FILE + '"title":%(text)s,"pageCount":1,"fileName":%(text)s,'
    '"thumbnailDirectPath":"/v/t62.36145-24/%(path)s_n.enc?ccb=11-4","thumbnailSha256":"%(n43)s=",'
    '"jpegThumbnail":"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9V%(thumb)s="},'
    + _INFO,
    "location": _HEAD + '"locationMessage":{"degreesLatitude":-%(seconds)d.5489,"degreesLongitude":-46.6388,'
    '"jpegThumbnail":"/9j/4AAQSkZJRgABAQAAAQABAAD/%(thumb)s="},' + _INFO,
}
MIMES = {"image": "image/jpeg", "audio": "audio/ogg; codecs=opus", "document": "application/pdf"}
THUMBNAILS = {"image": (300, 1400), "audio": (80, 90), "document": (300, 1700), "location": (300, 900)}


def session(rng: random.Random, number: str) -> str:
    """Given a phone number, return a value for `Whatsapps.session`."""
    noise = Noise(rng)

    def pair() -> dict[str, dict[str, str]]:
        return {side: {"type": "Buffer", "data": noise.take(43) + "="} for side in ("private", "public")}

    creds = {
        "noiseKey": pair(),
        "pairingEphemeralKeyPair": pair(),
        "signedIdentityKey": pair(),
        "signedPreKey": {
            "keyPair": pair(),
            "signature": {"type": "Buffer", "data": noise.take(86) + "=="},
            "keyId": 1,
        },
        "registrationId": rng.randrange(1, 16_380),
        "advSecretKey": noise.take(43) + "=",
        "processedHistoryMessages": [],
        "nextPreKeyId": 61,
        "firstUnuploadedPreKeyId": 61,
        "accountSettings": {"unarchiveChats": False},
        "registered": True,
        "account": {
            "details": noise.take(32),
            "accountSignatureKey": noise.take(43) + "=",
            "deviceSignature": noise.take(86),
        },
        "me": {"id": "%s:7@s.whatsapp.net" % number, "name": "Atendimento"},
        "platform": "android",
        "routingInfo": {"type": "Buffer", "data": noise.take(8)},
    }
    return json.dumps({"creds": creds, "keys": {}}, separators=(",", ":"))
