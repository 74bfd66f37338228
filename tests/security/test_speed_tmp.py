import time
from tests.security import crew
def test_speed(api):
    s=time.perf_counter(); a=crew.join("asha"); print("join", time.perf_counter()-s)
    s=time.perf_counter(); a=crew.join("asha2"); print("join2", time.perf_counter()-s)
    s=time.perf_counter(); ad=crew.join("root", "admin"); print("admin", time.perf_counter()-s)
    for m,p,t in (("GET","/api/v1/auth/me",a.access),("GET","/api/v1/users",a.access),("GET","/api/v1/admin/users",ad.access),("GET","/api/v1/admin/users/%23x",ad.access),("POST","/api/v1/users/me/roles",a.access)):
        n=30
        s=time.perf_counter()
        for _ in range(n): r=api.call(m,p,{} if m=="POST" else None,token=t)
        print(m,p,r.status,(time.perf_counter()-s)/n*1000,"ms")
    import chalicelib.accounts.schemas.fields as f
    s=time.perf_counter(); f._zone("Asia/Kolkata"); f._zone("Asia/Kolkata"); print("zone",(time.perf_counter()-s)/2*1000)
def test_wipe(clean):
    s=time.perf_counter(); clean.wipe(); print("wipe", time.perf_counter()-s)
