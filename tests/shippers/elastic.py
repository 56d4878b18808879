"""Documents by the client of Elasticsearch: `elastic.py URL BRANCH KEY`."""

import sys

from elasticsearch import ApiError, Elasticsearch, helpers

url, branch, key = sys.argv[1:]
for client in (
    Elasticsearch(url, basic_auth=(branch, key)),
    Elasticsearch(url, api_key=(branch, key)),
    Elasticsearch(url, bearer_auth=key, http_compress=True),
):
    assert client.ping()
    assert client.info()["version"]["number"]
    assert client.cluster.health()["status"] == "green"
    documents = [{"@timestamp": f"2024-01-01T00:00:{n % 60:02}Z", "log.level": "error" if n % 10 == 0 else "info", "message": f"document {n} is closed"} for n in range(2000)]
    done, failed = helpers.bulk(client, documents, index="logs-bars", chunk_size=500)
    assert (done, failed) == (2000, []), (done, failed)
    # Sent again under ids of their own they are answered as documents, not as conflicts.
    done, failed = helpers.bulk(client, ({"_op_type": "create", **document} for document in documents), index="logs-bars")
    assert (done, failed) == (2000, []), (done, failed)

answer = client.bulk(operations=[{"delete": {"_index": "logs-bars", "_id": "1"}}, {"index": {"_index": "logs-bars"}}, {"message": "last"}])
assert answer["errors"] and [next(iter(item.values()))["status"] for item in answer["items"]] == [400, 201], answer
try:
    Elasticsearch(url, basic_auth=("L02", key)).bulk(operations=[{"index": {"_index": "a"}}, {"message": "of another branch"}])
    sys.exit("a key of another branch was taken")
except ApiError as error:
    assert error.status_code == 403, error
