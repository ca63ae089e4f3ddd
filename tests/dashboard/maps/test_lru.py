import threading

from dashboard.lru import ByteLru


def test_oldest_use_goes_first():
    cache = ByteLru(10, len)
    for key in "abc":
        cache.get(key, lambda: b"1234")
    made = []
    for key in "cba":
        cache.get(key, lambda key=key: made.append(key) or b"1234")
    assert made == ["a"]
    assert cache.held_bytes <= 10


def test_one_thread_makes_and_the_others_wait():
    cache, made, gate = ByteLru(100, len), [], threading.Event()

    def make():
        gate.wait(5)
        made.append(1)
        return b"x"

    threads = [threading.Thread(target=cache.get, args=("k", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert made == [1]


def test_a_failure_is_not_kept():
    cache = ByteLru(100, len)

    def fail():
        raise ValueError

    for _ in range(2):
        try:
            cache.get("k", fail)
        except ValueError:
            continue
        raise AssertionError
    assert cache.get("k", lambda: b"x") == b"x"
