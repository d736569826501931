import json, mmap, tempfile, threading

def work(count):
    text = json.dumps([{"key": n, "value": "x" * (n % 500)} for n in range(count)])
    return len(json.loads(text))

threads = [threading.Thread(target=work, args=(5000 * n,)) for n in range(1, 5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
lists = [bytearray(n * 4096) for n in range(1, 200)]
del lists[::2]
with mmap.mmap(-1, 1 << 20) as area:
    area[:5] = b"hello"
    area.madvise(mmap.MADV_DONTNEED)
with mmap.mmap(-1, 4 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as area:
    area.madvise(mmap.MADV_HUGEPAGE, 0, 2 << 20)
with tempfile.TemporaryFile() as file:
    file.truncate(1 << 20)
    with mmap.mmap(file.fileno(), 1 << 20) as area:
        area[100] = 1
        area.flush()
        area.flush(4096, 8192)
        area.resize(2 << 20)
    with mmap.mmap(file.fileno(), 1 << 16, access=mmap.ACCESS_COPY, offset=4096) as area:
        area[0] = 2
