import time, random
from apps.catalogue.application.import_catalogue import ImportCatalogue
from apps.catalogue.application.sheets import COLUMNS, Sheet
SYL="가나다라마바사아자차카타파하민지수현윤서연우진영희정은채원태형준석호성훈재범규빈혁찬솔별"
def big(n=50000, seed=1):
    r=random.Random(seed)
    nm=lambda: "".join(r.choice(SYL) for _ in range(r.randint(2,4)))
    la=lambda: "".join(r.choice(["ka","min","ji","su","hyun","yoon","seo","won","tae","jun","ha","ni"]) for _ in range(r.randint(1,3))).title()
    g=[f"group-{i}" for i in range(200)]; i_=[f"idol-{i}" for i in range(1200)]; rel=[f"rel-{i}" for i in range(2000)]
    f={}
    f["groups.csv"]="code,name,names\n"+"".join(f"{c},{la()},{nm()}|{nm()}\n" for c in g)
    f["idols.csv"]="code,name,names\n"+"".join(f"{c},{la()},{nm()}|{nm()}\n" for c in i_)
    f["memberships.csv"]="group,idol,from,to\n"+"".join(f"{r.choice(g)},{c},2020-01-01,\n" for c in i_)
    f["releases.csv"]="code,group,title,released_on,names\n"+"".join(f"{c},{r.choice(g)},{la()} {la()},2020-01-01,{nm()}\n" for c in rel)
    f["cards.csv"]=",".join(COLUMNS["cards.csv"])+"\n"+"".join(f"card-{k},{r.choice(rel)},{r.choice(i_)},lucky_draw,{r.choice(['Soundwave','Withmuu','M2U'])},{la()} ver.,{k%9},{nm() if k%30==0 else ''}\n" for k in range(n))
    return [Sheet.read(k,v.encode()) for k,v in f.items()]
async def test_big(site):
    t=time.perf_counter(); s=big(); print("\nparse",time.perf_counter()-t)
    imp = await site.port(ImportCatalogue)
    for _ in range(2):
        t=time.perf_counter(); r = await imp(s); print(await site.dialect(), time.perf_counter()-t, r.tallies.get("cards.csv"), r.refused[:5])
    if await site.dialect()=="postgresql": await site.run("ANALYZE")
    for q in ["민지","하니 소", "ㅁㅈ","minji","karina soundwave","soundwave ver","a", "민지소운드웨베","qqqqqqqqqqqqqzzzz", "1 2 3 4 5 6 7 8","soundwave ver minji", "민지 하니 soundwave ver ha ji su tae"]:
        for _ in range(3):
            t=time.perf_counter(); a = await site.client.get("/api/v1/cards", params={"q":q,"limit":20}); dt=time.perf_counter()-t
        print(q, a.status_code, len(a.json().get("items",[])), round(dt*1000,1))
    for p in ["/cards","/cards?kind=lucky_draw&retailer=M2U", "/idols?q=ha"]:
        t=time.perf_counter(); a = await site.client.get("/api/v1"+p); print(p,a.status_code, round((time.perf_counter()-t)*1000,1))
