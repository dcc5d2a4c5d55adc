# Probabilities of a network of the form of Silero VAD v5 with made-up numbers, by torch in float64, of a made-up sound.
# Debian: python3-torch. Writes voice.json beside this file.
#   python3 test/vectors/inference/voice.py
import json
import os

import torch

# Tensors as test/inference/silero.ts has them: shape, and numbers from -size to size.
TENSORS = [
    ((258, 1, 256), 0.2),
    ((128, 129, 3), 0.1),
    ((128,), 0.3),
    ((64, 128, 3), 0.1),
    ((64,), 0.3),
    ((64, 64, 3), 0.2),
    ((64,), 0.3),
    ((128, 64, 3), 0.2),
    ((128,), 0.3),
    ((512, 128), 0.3),
    ((512, 128), 0.3),
    ((512,), 0.5),
    ((512,), 0.5),
    ((1, 128, 1), 1),
    ((1,), 0.1),
]
CHUNKS = 12


def made(t, count, size):
    """Numbers of tensor t, rounded to float32."""
    m = 0xFFFFFFFF
    out = []
    for i in range(count):
        x = (t * 2654435761 + i * 2246822519 + 374761393) & m
        x = ((x ^ x >> 15) * 2246822519) & m
        x = ((x ^ x >> 13) * 3266489917) & m
        out.append((x ^ x >> 16) / 2147483648 * size - size)
    return torch.tensor(out, dtype=torch.float64).float().double()


def tensor(t):
    shape, size = TENSORS[t]
    count = 1
    for n in shape:
        count *= n
    return made(t, count, size).reshape(shape)


def main():
    w = [tensor(t) for t in range(len(TENSORS))]
    lstm = torch.nn.LSTMCell(128, 128).double()
    lstm.weight_ih.data, lstm.weight_hh.data = w[9], w[10]
    lstm.bias_ih.data, lstm.bias_hh.data = w[11], w[12]
    # Louder and softer from chunk to chunk.
    sound = made(99, CHUNKS * 512, 1)
    for i in range(CHUNKS):
        sound[i * 512 : (i + 1) * 512] *= (i * 5 % 7) / 8
    context = torch.zeros(64, dtype=torch.float64)
    state = (torch.zeros(1, 128, dtype=torch.float64), torch.zeros(1, 128, dtype=torch.float64))
    found = []
    with torch.no_grad():
        for i in range(CHUNKS):
            x = torch.cat([context, sound[i * 512 : (i + 1) * 512]])
            context = x[-64:]
            x = torch.nn.functional.pad(x.reshape(1, 1, -1), (0, 64), mode="reflect")
            x = torch.nn.functional.conv1d(x, w[0], stride=128)
            x = (x[:, :129] ** 2 + x[:, 129:] ** 2).sqrt()
            for layer, stride in enumerate([1, 2, 2, 1]):
                x = torch.nn.functional.conv1d(x, w[1 + 2 * layer], w[2 + 2 * layer], stride, 1).relu()
            state = lstm(x[:, :, 0], state)
            x = torch.nn.functional.conv1d(state[0].relu().unsqueeze(2), w[13], w[14]).sigmoid()
            found.append(float(x))
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "voice.json"), "w") as file:
        json.dump({"chunks": CHUNKS, "probabilities": found}, file)
        file.write("\n")


main()
