from tests.documents import *
q={"apiVersion":"modelplane.ai/v1alpha1","kind":"Quota","metadata":{"name":"t"},"spec":{"namespaces":["team"],"limits":{"units":3}}}
p=plan_of([environment("a",pool("p")),environment("b",pool("p")),model("m",profile("any")),deployment("d","m",replicas=2,environments=2),deployment("e","m",replicas=1,environments=2),q])
import json
print([ (x["deployment"]["name"],x["environment"],x["units"]) for x in p["placements"]]); print(json.dumps(p["shortfalls"],indent=1))
