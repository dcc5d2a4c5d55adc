# Scores and gradients of FastGRNN by torch's autograd, in f64:
#   python3 test/vectors/router/fastgrnn.py > test/vectors/router/fastgrnn.txt
# Debian packages: python3-torch 1.13.1. For each case: steps, width, hidden, rank, outputs; parameters; vector; scores;
# gradient of sum(k s_k + s_k^2 / 2) by the parameters, in the order of csrc/router/fastgrnn.h.
import torch

torch.manual_seed(7)
cases = [(1, 4, 3, 0, 2), (5, 3, 4, 0, 3), (6, 2, 5, 2, 3), (10, 3, 3, 1, 2)]


def show(tensor):
    print(" ".join(repr(x) for x in tensor.reshape(-1).tolist()))


print(len(cases))
for steps, width, hidden, rank, outputs in cases:
    shapes = [(hidden, width), (hidden, hidden)] if rank == 0 else [
        (hidden, rank), (rank, width), (hidden, rank), (rank, hidden)]
    shapes += [(hidden,), (hidden,), (1,), (1,), (outputs, hidden), (outputs,)]
    parameters = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    x = torch.randn(steps * width, dtype=torch.float32)
    *matrices, b_c, b_z, p, q, v, b = parameters
    w, u = matrices if rank == 0 else (matrices[0] @ matrices[1], matrices[2] @ matrices[3])
    zeta, nu = torch.sigmoid(p), torch.sigmoid(q)
    h = torch.zeros(hidden, dtype=torch.float64)
    for x_t in x.double().reshape(steps, width):
        a = w @ x_t + u @ h
        c, z = torch.tanh(a + b_c), torch.sigmoid(a + b_z)
        h = (zeta * (1 - z) + nu) * c + z * h
    s = v @ h + b
    (torch.arange(outputs, dtype=torch.float64) * s + s * s / 2).sum().backward()
    print(steps, width, hidden, rank, outputs)
    show(torch.cat([t.detach().reshape(-1) for t in parameters]))
    print(" ".join(repr(t) for t in x.double().tolist()))
    show(s.detach())
    show(torch.cat([t.grad.reshape(-1) for t in parameters]))
