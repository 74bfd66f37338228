import logging
from tests.security.attacks import walk as w
from tests.security.attacks.ground import Ground, room
def test_walk(clean, monkeypatch):
    logging.disable(logging.ERROR)
    orig = w.Walk.__init__
    def init(self, *a, **k):
        orig(self, *a, **k)
        self.document["paths"] = {p: v for p, v in self.document["paths"].items() if "/media" in p}
    monkeypatch.setattr(w.Walk, "__init__", init)
    with room():
        walk = w.Walk(Ground(clean), only_canonical=True)
        walk.go(["examples", "coverage"], w.BOTH, 1)
        for mode in w.BOTH: walk.go(["fuzzing"], [mode], 60)
        tally = walk.done()
    logging.disable(logging.NOTSET)
    print("CASES", tally.cases, tally.notes[:6]); 
    for f in tally.failures[:12]: print("FAIL", f[:600])
    print({k: dict(v) for k, v in walk.statuses.items()})
