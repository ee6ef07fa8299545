"""Ranks of a gang that meet, for the tests that have one: the first listens at MASTER_ADDR, the others come."""
import json, os, select, socket, time
import zpl


def serve(c):
    """The first takes a connection of each other."""
    with socket.create_server((os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))) as s:
        ends = [s.accept()[0] for _ in range(c.world_size - 1)]
    return ends


def reach(c):
    while True:
        try:
            return socket.create_connection((os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])))
        except ConnectionRefusedError:
            time.sleep(0.02)


def gather(c, what):
    """All that the ranks have to say, at the first; None at the others."""
    if c.rank > 0:
        with reach(c) as end:
            end.sendall(json.dumps(what).encode())
        return None
    out = [what]
    for end in serve(c) if c.world_size > 1 else []:
        with end, end.makefile() as f:
            out.append(json.load(f))
    return out


def meet(c):
    """Connections between the first and the others, when all are there."""
    ends = serve(c) if c.rank == 0 else [reach(c)]
    for end in ends:
        end.sendall(b"!") if c.rank == 0 else end.recv(1)
    return ends


def wait(c):
    """Until a connection breaks."""
    ends = meet(c)
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    poll.poll()
    raise ConnectionResetError("the other is gone")
