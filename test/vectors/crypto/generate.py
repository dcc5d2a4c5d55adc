#!/usr/bin/env python3
"""Writes the vectors of this folder. Nothing of this package is used.

  hashes.json   algorithm, message, digest: NIST's response files (Debian package python3-cryptography-vectors)
                of which every eighth short message and two long ones are taken, and hashlib's digests of
                messages of 0..300 bytes, folded into one digest an algorithm (`lengths`)
  ed25519.json  key, signature, message, 1 or 0, what it shows: the vectors of RFC 8032 (the same package),
                and signatures that were made on purpose by the reference arithmetic below
  merkle.json   roots and proofs by the recursive definitions of RFC 6962, section 2.1

Run: apt-get install python3-cryptography-vectors && python3 test/vectors/crypto/generate.py
"""
import hashlib
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
NIST = "/usr/lib/python3/dist-packages/cryptography_vectors"

# ---- hashes ------------------------------------------------------------------------------------


def response_file(path):
    """Records of a .rsp file: runs of `name = value` lines."""
    record = {}
    for line in open(path):
        line = line.strip()
        if " = " in line:
            name, value = line.strip("[]").split(" = ")
            record[name] = value
        elif not line and record:
            yield record
            record = {}
    if record:
        yield record


def nist(name, folder, prefix, digest):
    taken = []
    for kind in ("ShortMsg", "LongMsg"):
        records = [r for r in response_file(f"{NIST}/hashes/{folder}/{prefix}{kind}.rsp") if digest in r]
        taken += records[::8] if kind == "ShortMsg" else records[:2]
    for r in taken:
        length = int(r["Len"]) // 8
        yield f"{name} {r['Msg'] if length else '-'} {r[digest]}"


def variable_out(name, folder, prefix):
    for r in list(response_file(f"{NIST}/hashes/{folder}/{prefix}VariableOut.rsp"))[::100]:
        if "Output" in r:
            yield f"{name} {r['Msg']} {r['Output']}"


def message(n):
    return bytes((i * i + 7 * n) & 255 for i in range(n))


def lengths(name, digest):
    """The digest of the digests of all messages of 0..300 bytes."""
    every = b"".join(digest(message(n)) for n in range(301))
    return f"lengths {name} {hashlib.sha256(every).hexdigest()}"


def hashes():
    yield from nist("sha256", "SHA2", "SHA256", "MD")
    yield from nist("sha512", "SHA2", "SHA512", "MD")
    yield from nist("sha3-256", "SHA3", "SHA3_256", "MD")
    yield from nist("sha3-512", "SHA3", "SHA3_512", "MD")
    yield from nist("shake128", "SHAKE", "SHAKE128", "Output")
    yield from nist("shake256", "SHAKE", "SHAKE256", "Output")
    yield from variable_out("shake128", "SHAKE", "SHAKE128")
    yield from variable_out("shake256", "SHAKE", "SHAKE256")
    yield lengths("sha256", lambda m: hashlib.sha256(m).digest())
    yield lengths("sha512", lambda m: hashlib.sha512(m).digest())
    yield lengths("sha3-256", lambda m: hashlib.sha3_256(m).digest())
    yield lengths("sha3-512", lambda m: hashlib.sha3_512(m).digest())
    yield lengths("shake128", lambda m: hashlib.shake_128(m).digest(32))
    yield lengths("shake256", lambda m: hashlib.shake_256(m).digest(64))


# ---- Ed25519 -----------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def times(n, a):
    out = (0, 1)
    while n:
        if n & 1:
            out = add(out, a)
        a = add(a, a)
        n >>= 1
    return out


def negative(a):
    return (-a[0] % P, a[1])


def recover(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * ROOT % P
    if x * x % P != xx:
        return None
    return (x if x & 1 == sign else -x % P, y)


BASE = recover(4 * pow(5, P - 2, P) % P, 0)


def encode(a):
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


def challenge(r, key, text):
    return int.from_bytes(hashlib.sha512(r + key + text).digest(), "little") % L


def torsion():
    """The eight points whose order divides 8."""
    y = 2
    while True:
        point = recover(y, 0)
        if point is not None:
            t = times(L, point)
            if len({encode(times(i, t)) for i in range(8)}) == 8:
                return [times(i, t) for i in range(8)]
        y += 1


def number(n):
    return n.to_bytes(32, "little")


def is_signature(key, r, s, text, a, big_r):
    """Without the factor 8, and with it."""
    h = challenge(r, key, text)
    rest = add(times(s, BASE), negative(add(big_r, times(h, a))))
    return rest == (0, 1), times(8, rest) == (0, 1)


def ed25519():
    def line(key, r, s, text, valid, what):
        return f"{key.hex()} {(r + s).hex()} {text.hex() or '-'} {valid} {what}"

    published = [l.split(":") for l in open(f"{NIST}/asymmetric/Ed25519/sign.input")]
    for i in list(range(3)) + list(range(7, 1024, 60)) + [1023]:
        _, key, text, signature = published[i][:4]
        yield f"{key} {signature[:128]} {text or '-'} 1 published"

    secret, nonce = 0x1234567890ABCDEF << 180 | 77, 0xFEDCBA987654321 << 190 | 5
    a, big_r = times(secret, BASE), times(nonce, BASE)
    key, r, text = encode(a), encode(big_r), b"a message"
    s = (nonce + challenge(r, key, text) * secret) % L
    assert is_signature(key, r, s, text, a, big_r) == (True, True)
    yield line(key, r, number(s), text, 1, "made by the arithmetic of this script")
    yield line(key, r, number(s + L), text, 0, "S + L")
    yield line(key, r, number((s + 1) % L), text, 0, "S + 1")
    yield line(key, r, number(s | 1 << 255), text, 0, "the highest bit of S")
    yield line(key, r, number(s), text + b"!", 0, "another message")

    small = torsion()
    t8 = next(t for t in small if times(4, t) != (0, 1))
    # R with a part of order 8: right with the factor 8 only.
    mixed_r = add(big_r, t8)
    r2 = encode(mixed_r)
    s2 = (nonce + challenge(r2, key, text) * secret) % L
    assert is_signature(key, r2, s2, text, a, mixed_r) == (False, True)
    yield line(key, r2, number(s2), text, 0, "R of mixed order")
    # A key with such a part: whether the factor 8 matters depends on h modulo 8.
    mixed = add(a, t8)
    key3 = encode(mixed)
    seen = set()
    for i in range(100):
        text3 = b"message %d" % i
        s3 = (nonce + challenge(r, key3, text3) * secret) % L
        strict, loose = is_signature(key3, r, s3, text3, mixed, big_r)
        assert loose
        if strict in seen:
            continue
        seen.add(strict)
        yield line(key3, r, number(s3), text3, int(strict), f"key of mixed order, {'' if strict else 'not '}without 8")
    # Keys of small order: one signature, with R = S B, fits messages of all kinds.
    for t in small:
        key4 = encode(t)
        for i in range(200):
            text4 = b"small %d" % i
            if is_signature(key4, r, nonce, text4, t, big_r)[0]:
                yield line(key4, r, number(nonce), text4, 0, "key of small order")
                break
    # R of small order: S = h a with R the neutral point.
    neutral = encode((0, 1))
    s5 = challenge(neutral, key, text) * secret % L
    assert is_signature(key, neutral, s5, text, a, (0, 1))[0]
    yield line(key, neutral, number(s5), text, 0, "R of small order")
    # Encodings that are not canonical: y of p + 1, and a sign where x is 0.
    for other, what in ((P + 1, "y = p + 1"), (1 | 1 << 255, "x = 0 with a sign"), (P + 1 | 1 << 255, "both")):
        bytes_r = number(other)
        s6 = challenge(bytes_r, key, text) * secret % L
        assert is_signature(key, bytes_r, s6, text, a, (0, 1))[0]
        yield line(key, bytes_r, number(s6), text, 0, f"R with {what}")
        s7 = nonce  # h A is neutral
        yield line(bytes_r, r, number(s7), text, 0, f"key with {what}")
    for y in range(P, 2**255):
        if recover(y % P, 0) is not None and y % P > 1:
            yield line(number(y), r, number(nonce), text, 0, "key with y >= p")
            break
    y = next(y for y in range(2, 100) if recover(y, 0) is None)
    yield line(number(y), r, number(s), text, 0, "key that is no point")
    yield line(key, number(y), number(s), text, 0, "R that is no point")


# ---- Merkle trees ------------------------------------------------------------------------------


def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(d):
    if len(d) == 0:
        return h(b"")
    if len(d) == 1:
        return h(b"\0", d[0])
    k = split(len(d))
    return h(b"\1", root(d[:k]), root(d[k:]))


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    return path(m, d[:k]) + [root(d[k:])] if m < k else path(m - k, d[k:]) + [root(d[:k])]


def proof(m, d, whole=True):
    if m == len(d):
        return [] if whole else [root(d)]
    k = split(len(d))
    if m <= k:
        return proof(m, d[:k], whole) + [root(d[k:])]
    return proof(m - k, d[k:], False) + [root(d[:k])]


def merkle():
    """Of trees of up to 66 leaves, one line a size: the root, and a digest of all of its proofs one after the other."""
    leaves = [message(n) for n in range(66)]
    for n in range(len(leaves) + 1):
        d = leaves[:n]
        inclusion = b"".join(b"".join(path(m, d)) for m in range(n))
        consistency = b"".join(b"".join(proof(m, d)) for m in range(1, n + 1))
        yield f"{n} {root(d).hex()} {h(inclusion).hex()} {h(consistency).hex()}"


for name, lines in (("hashes", hashes()), ("ed25519", ed25519()), ("merkle", merkle())):
    # A record a line, so that the C tests read it by its quotes.
    words = {"hashes": 3, "ed25519": 5, "merkle": 4}[name]
    records = (line.split(" ", words - 1) for line in lines)
    with open(os.path.join(HERE, f"{name}.json"), "w") as file:
        file.write("[\n" + ",\n".join(f"  {json.dumps(record)}" for record in records) + "\n]\n")
