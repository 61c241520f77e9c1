"""Files: the two ways of uploading, processing, renditions, links."""

import hashlib
import io
import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.renditions import Processed, labels_of, look
from reconciler.sandbox.uploads import type_of
from tests import patient
from tests.limits import HANG
from tests.sandbox.boxes import JSON, Box, picture, sent_parts, served, until, upload

SIZES = ["preview", "large", "medium", "small", "thumb"]


def asked(box: Box, content: bytes, name: str = "a.txt", mime: str = "text/plain") -> JSON:
    found: JSON = box.post(
        "file/request-upload", filename=name, file_name=name, mime_type=mime, size=len(content)
    )
    return found


def ready(box: Box, file_id: str) -> JSON:
    def done() -> Any:
        item = box.get(f"file/{file_id}")
        return None if item["is_converting"] else item

    found: JSON = until(done)
    return found


def test_a_small_file_goes_in_one_piece(box: Box) -> None:
    content = picture(640, 480)
    answer = asked(box, content, "rain-hero.jpg", "image/jpeg")
    assert sorted(answer) == ["expires_in", "file_path", "upload_id", "upload_type", "upload_url"]
    assert (answer["upload_type"], answer["expires_in"]) == ("standard", 3600)
    assert answer["file_path"] == f"s3path/temp/{answer['upload_id']}/rain-hero.jpg"

    put = patient.put(answer["upload_url"], content=content)
    assert put.status_code == 200
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert (put.headers["ETag"], put.content) == (f'"{digest}"', b"")

    jacket = box.post("collection", name="Jacket")["id"]
    made = box.post(
        "file/confirm-upload",
        file_path=answer["file_path"],
        file_name="rain-hero.jpg",
        file_size=len(content),
        metadata={
            "published": True,
            "published_start_date": "2025-01-01T00:00:00Z",
            "collections": [{"id": jacket}],
        },
    )
    assert (made["published"], made["collections"]) == (True, [{"id": jacket}])
    [region] = box.get("region")
    assert made["region_ids"] == [region["id"]]
    assert box.sandbox.content(made["id"]) == content


def test_a_file_is_converting_for_a_moment_and_then_has_renditions(tmp_path: Path) -> None:
    db = tmp_path / "pxm.db"
    with served(db=db, processing=HANG) as box:
        made = upload(box, "rain-hero_2.jpg", picture(2000, 1000))
        assert (made["is_converting"], made["variants"], made["file_dimension"]) == (True, {}, None)
    with served(db=db, processing=0.1) as box:
        found = ready(box, made["id"])
        assert (found["file_dimension"], found["type"]) == ("2000px x 1000px", "image")
        assert (found["auto_label"], found["ocr_text"]) == (["rain", "hero", "image"], "")
        assert list(found["variants"]) == SIZES
        sizes = {}
        for name, url in found["variants"].items():
            answer = patient.get(url)
            assert answer.headers["Content-Type"] == "image/jpeg"
            with Image.open(io.BytesIO(answer.content)) as image:
                sizes[name] = image.size
    assert sizes == {
        "preview": (1600, 800),
        "large": (1024, 512),
        "medium": (512, 256),
        "small": (256, 128),
        "thumb": (128, 64),
    }


def test_a_large_file_goes_in_parts() -> None:
    with served(multipart_threshold=1000, part_size=400) as box:
        content = bytes(range(256)) * 4
        answer = asked(box, content, "a.bin", "application/octet-stream")
        assert (answer["upload_type"], answer["part_size"]) == ("multipart", 400)
        assert [part["part_number"] for part in answer["parts"]] == [1, 2, 3]
        made = upload(box, "a.bin", content)
        assert box.sandbox.content(made["id"]) == content
        assert (made["file_size"], made["collections"]) == (1024, [])
        below = asked(box, b"x" * 999)
        assert below["upload_type"] == "standard"


def test_the_confirmation_in_parts_of_the_article_is_taken_as_it_stands() -> None:
    with served(multipart_threshold=8, part_size=4) as box:
        [region] = box.get("region")
        answer = asked(box, b"aaaabbbb", "large-video.mp4", "video/mp4")
        made = box.post(
            "file/confirm-upload",
            file_path=answer["file_path"],
            file_name="large-video.mp4",
            file_size=8,
            upload_id=answer["upload_id"],
            multipart=list(sent_parts(answer, b"aaaabbbb")),
            metadata={"published": True, "region_ids": [region["id"]]},
        )
        assert (made["published"], made["published_start_date"]) == (True, None)
        assert made["region_ids"] == [region["id"]]


def test_only_collections_need_a_start_date_to_be_published(shared: Box) -> None:
    file = shared.sandbox.put_file("a.txt", b"x")
    assert shared.put(f"file/{file}", published=True)["published"] is True
    made = shared.post("category", name="Open", published=True)
    assert (made["published"], made["published_start_date"]) == (True, None)
    assert shared.put(f"category/{made['id']}", published=True)["published"] is True
    body = {"name": "Open", "published": True}
    words = "published_start_date is required when published is true"
    assert shared.refused("POST", "collection", json=body) == (400, words)


def test_parts_may_come_in_any_order_and_twice() -> None:
    with served(multipart_threshold=1, part_size=4) as box:
        answer = asked(box, b"aaaabbbbcc")
        urls = [part["upload_url"] for part in answer["parts"]]
        patient.put(urls[2], content=b"cc")
        patient.put(urls[1], content=b"xx")
        etags = [
            patient.put(urls[n], content=c).headers["ETag"]
            for n, c in ((1, b"bbbb"), (0, b"aaaa"), (2, b"cc"))
        ]
        numbered = zip((2, 1, 3), etags, strict=True)
        made = box.post(
            "file/confirm-upload",
            file_path=answer["file_path"],
            upload_id=answer["upload_id"],
            file_size=10,
            multipart=[{"part_number": n, "etag": e.strip('"')} for n, e in numbered],
        )
        assert box.sandbox.content(made["id"]) == b"aaaabbbbcc"
        assert made["file_name"] == "a.txt"


def test_the_parts_of_a_huge_file_grow_instead_of_becoming_too_many() -> None:
    with served(multipart_threshold=1, part_size=1) as box:
        answer = box.post("file/request-upload", file_name="a.bin", size=20_001)
        assert (answer["part_size"], len(answer["parts"])) == (3, 6667)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"size": 1}, "file_name is required"),
        (
            {"file_name": "a b.txt", "size": 1},
            "file_name: only letters, digits and _ - . are allowed",
        ),
        ({"filename": 7, "size": 1}, "file_name: only letters, digits and _ - . are allowed"),
        ({"file_name": "a.txt"}, "size must be a whole number"),
        ({"file_name": "a.txt", "size": True}, "size must be a whole number"),
        ({"file_name": "a.txt", "size": 0}, "size must be more than 0"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(body: JSON, words: str, shared: Box) -> None:
    assert shared.refused("POST", "file/request-upload", json=body) == (400, words)


def test_either_name_of_the_name_is_enough(shared: Box) -> None:
    for name in ("filename", "file_name"):
        answer = shared.post("file/request-upload", **{name: "a.txt", "size": 1})
        assert answer["file_path"].endswith("/a.txt")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file_path": "s3path/temp/other/a.txt"}, "file_path: no upload has this path"),
        ({"file_size": 9}, "file_size: 10 bytes were announced"),
        ({"file_name": "a/b"}, "file_name: only letters, digits and _ - . are allowed"),
        ({"upload_id": "other"}, "upload_id is not that of this upload"),
        ({"multipart": None}, "multipart must be an array"),
        ({"multipart": [1]}, "multipart: each part needs a part_number and an etag"),
        ({"multipart": [{"part_number": 1, "etag": "x"}]}, "multipart: part 1 has another etag, or is not there"),
        ({"multipart": []}, "multipart: part 1 has another etag, or is not there"),
        ({"metadata": []}, None),
        ({"metadata": ["x"]}, "the body must be a JSON object"),
        ({"metadata": {"collections": [{"id": "x"}]}}, "collections: no collection has the id x"),
    ],
)  # fmt: skip
def test_a_confirmation_that_does_not_fit_makes_no_file(changes: JSON, words: str | None) -> None:
    with served(multipart_threshold=1, part_size=4) as box:
        answer = asked(box, b"aaaabbbbcc")
        body = {
            "file_path": answer["file_path"],
            "file_name": "a.txt",
            "file_size": 10,
            "upload_id": answer["upload_id"],
            "multipart": list(sent_parts(answer, b"aaaabbbbcc")),
        }
        if words is not None:
            refused = box.refused("POST", "file/confirm-upload", json={**body, **changes})
            assert refused == (400, words)
            assert box.sandbox.all("file") == []
            changes = {}
        box.post("file/confirm-upload", **{**body, **changes})
        assert len(box.sandbox.all("file")) == 1
        gone = box.refused("POST", "file/confirm-upload", json=body)
        assert gone == (400, "file_path: no upload has this path")


def test_an_upload_that_is_not_complete_makes_no_file() -> None:
    with served(multipart_threshold=8, part_size=4) as box:
        answer = asked(box, b"aaaabbbbcc")
        body = {"file_path": answer["file_path"], "file_size": 10}
        patient.put(answer["parts"][0]["upload_url"], content=b"aaaa")
        assert box.refused("POST", "file/confirm-upload", json=body) == (
            400,
            "the upload is not complete: 2 part(s) are missing",
        )
        whole = asked(box, b"aaaa")
        patient.put(whole["upload_url"], content=b"aa")
        body = {"file_path": whole["file_path"], "file_size": 4}
        assert box.refused("POST", "file/confirm-upload", json=body) == (
            400,
            "file_size: 2 bytes arrived, not 4",
        )


def test_the_storage_takes_only_what_was_announced(box: Box) -> None:
    answer = asked(box, b"aaaa")
    url = answer["upload_url"]
    too_much = patient.put(url, content=b"aaaaa")
    assert (too_much.status_code, "EntityTooLarge" in too_much.text) == (400, True)
    assert patient.put(url[:-1] + "1", content=b"aaaa").status_code == 403
    assert (
        patient.put(f"{box.sandbox.url}/_storage/uploads/other/0", content=b"a").status_code == 403
    )
    assert patient.get(url).status_code == 405
    assert patient.get(f"{box.sandbox.url}/_storage/files/gone/original").status_code == 404


def test_an_upload_that_breaks_off_leaves_no_part(box: Box) -> None:
    answer = asked(box, b"a" * 100_000)
    path = httpx.URL(answer["upload_url"]).path
    with socket.create_connection((box.sandbox.host, box.sandbox.port)) as line:
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        line.sendall(head.encode() + b"a" * 1000)
    until(lambda: any(request.method == "PUT" for request in box.sandbox.requests))
    body = {"file_path": answer["file_path"], "file_size": 100_000}
    assert box.refused("POST", "file/confirm-upload", json=body) == (
        400,
        "the upload is not complete: 1 part(s) are missing",
    )


def test_the_original_can_be_fetched_and_cannot_run_as_a_page(box: Box) -> None:
    id_ = box.sandbox.put_file("page.html", b"<script>1</script>")
    answer = patient.get(f"{box.sandbox.url}/_storage/files/{id_}/original")
    assert (answer.content, answer.headers["Content-Security-Policy"]) == (
        b"<script>1</script>",
        "sandbox",
    )
    assert answer.headers["Content-Type"].startswith("text/html")


def test_links_and_fields_of_a_file_are_updated(box: Box) -> None:
    one, two = (box.post("collection", name=name)["id"] for name in "ab")
    id_ = box.sandbox.put_file("a.txt", b"some text", collections=[one])
    assert box.put(f"file/{id_}", collections=[{"id": two}])["collections"] == [{"id": two}]
    assert box.put(f"file/{id_}", collections=[one])["collections"] == [{"id": one}]
    assert box.put(f"file/{id_}", file_name="b.txt", type="document")["file_name"] == "b.txt"
    assert box.refused("PUT", f"file/{id_}", json={"file_name": "a b"}) == (
        400,
        "file_name: only letters, digits and _ - . are allowed",
    )
    assert box.refused("PUT", f"file/{id_}", json={"type": "song"}) == (
        400,
        "type must be image, video, document or misc",
    )
    found = box.get(f"file/{id_}")
    assert (found["file_size"], found["ocr_text"], found["variants"]) == (9, "some text", {})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [("hero", SIZES), ("back", SIZES)]),
        ({"size": "thumb"}, [("hero", ["thumb"]), ("back", ["thumb"])]),
        ({"file_type": "jpg", "size": "small"}, [("hero", ["small"]), ("back", ["small"])]),
        ({"file_type": "png"}, []),
        ({"stack_ids": "back,gone"}, [("back", SIZES)]),
    ],
)
def test_image_stacks_hold_the_renditions_of_linked_images(
    query: JSON, found: Any, stacked: Box
) -> None:
    stacks = stacked.get("collection/jacket/image-stacks", **query)
    assert [
        (stack["id"], [image["size"] for image in stack["images"]]) for stack in stacks
    ] == found


@pytest.fixture(scope="module")
def stacked() -> Any:
    """A product with two images and a text."""
    with served() as box:
        box.sandbox.put_object("collection", {"name": "Jacket"}, "jacket")
        for id_ in ("hero", "back"):
            made = box.sandbox.put_file(f"{id_}.png", picture(form="PNG"), collections=["jacket"])
            item = box.sandbox.get("file", made)
            assert item is not None
            box.sandbox.put_object("file", item, id_)
            box.sandbox.remove("file", made)
        box.sandbox.put_file("note.txt", b"x", collections=["jacket"])
        yield box


def test_processing_goes_on_where_a_sandbox_ended(tmp_path: Path) -> None:
    db = tmp_path / "pxm.db"
    with served(db=db, processing=HANG) as box:
        made = upload(box, "a.jpg", picture())
        unconfirmed = asked(box, b"x")
        patient.put(unconfirmed["upload_url"], content=b"x")
        assert box.get(f"file/{made['id']}")["is_converting"] is True
    with served(db=db) as box:
        assert ready(box, made["id"])["file_dimension"] == "640px x 480px"
        assert [path.name for path in (tmp_path / "pxm.db.files").iterdir()] == ["files"]
        box.sandbox.remove("file", made["id"])
        with pytest.raises(FileNotFoundError):
            box.sandbox.content(made["id"])


def test_a_file_that_goes_while_it_converts_is_left_alone() -> None:
    with served(processing=0.05) as box:
        made = upload(box, "a.jpg", picture())
        box.sandbox.remove("file", made["id"])
        other = upload(box, "b.jpg", picture())
        ready(box, other["id"])
        assert [item["id"] for item in box.sandbox.all("file")] == [other["id"]]


def test_the_bytes_of_an_account_in_memory_are_gone_when_it_stops() -> None:
    with Sandbox(None, Options()) as sandbox:
        sandbox.put_file("a.txt", b"x")
        folder = sandbox.app.store.blobs.folder
        assert folder.is_dir()
    assert not folder.exists()


# --- looking into files ---


def test_an_image_is_drawn_on_white_and_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(path)
    found = look(path, "image/png")
    assert (found.dimension, list(found.images)) == ("20px x 10px", SIZES)
    with Image.open(io.BytesIO(found.images["thumb"])) as image:
        assert (image.size, image.getpixel((0, 0))) == ((20, 10), (255, 255, 255))
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "b.jpg", exif=turned)
    with Image.open(io.BytesIO(look(tmp_path / "b.jpg", "image/jpeg").images["thumb"])) as image:
        assert image.size == (10, 20)


@pytest.mark.parametrize(
    ("content", "mime", "found"),
    [
        (b"no image", "image/png", Processed()),
        (picture()[:200], "image/jpeg", Processed()),
        (b"\xffhello" + b"x" * 2000, "text/plain", Processed(text="\ufffdhello" + "x" * 994)),
        (b"%PDF", "application/pdf", Processed()),
    ],
)
def test_what_cannot_be_read_has_nothing_to_find(
    content: bytes, mime: str, found: Processed, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert look(path, mime) == found


def test_a_picture_that_is_too_large_gets_no_renditions(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("1", (10_001, 10_000)).save(path)
    assert look(path, "image/png") == Processed("10001px x 10000px")


def test_labels_come_from_the_name() -> None:
    assert labels_of("Rain-Jacket_01 rain.jpg", "image") == ["rain", "jacket", "image"]
    assert labels_of("x.bin", None) == []


@pytest.mark.parametrize(
    ("mime", "type_"),
    [
        ("image/png", "image"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
        ("text/plain", "document"),
        ("application/zip", "misc"),
    ],
)
def test_a_media_type_says_what_a_file_is(mime: str, type_: str) -> None:
    assert type_of(mime) == type_


@pytest.mark.parametrize("megabytes", [24, pytest.param(300, marks=pytest.mark.long)])
def test_an_upload_is_never_whole_in_memory(megabytes: int, tmp_path: Path) -> None:
    """The server runs in a process of its own, whose memory is looked at."""
    import os
    import subprocess
    import sys

    program = (
        "from reconciler.sandbox import *; import sys, pathlib\n"
        "o = Options(open_access=True, rate_limit=None, part_size=8 << 20, multipart_threshold=20 << 20)\n"
        "s = Sandbox(pathlib.Path(sys.argv[1]), o); s.start(); print(s.url, flush=True); s.wait(); s.stop()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "a.db")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            before = peak(server.pid)
            answer = send_large(url, megabytes << 20)
            grown = peak(server.pid) - before
            assert answer["file_size"] == megabytes << 20
            assert peak(server.pid) < 100 << 20
            assert grown < 16 << 20
        finally:
            os.kill(server.pid, 15)
            server.wait(HANG)


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def send_large(url: str, size: int) -> JSON:
    block = b"x" * (1 << 20)
    with patient.client(base_url=url) as client:
        asked = client.post(
            "/v2.1/file/request-upload", json={"file_name": "a.bin", "size": size}
        ).json()
        parts = []
        for part in asked["parts"]:
            number = part["part_number"]
            length = min(asked["part_size"], size - (number - 1) * asked["part_size"])
            sent = patient.put(part["upload_url"], content=iter([block] * (length >> 20)))
            parts.append({"part_number": number, "etag": sent.headers["ETag"]})
        made: JSON = client.post(
            "/v2.1/file/confirm-upload",
            json={
                "file_path": asked["file_path"],
                "file_size": size,
                "upload_id": asked["upload_id"],
                "multipart": parts,
            },
        ).json()
        return made


def test_several_uploads_at_once_do_not_mix(box: Box) -> None:
    contents = [bytes([65 + n]) * 200_000 for n in range(4)]
    found: dict[int, str] = {}

    def send(number: int) -> None:
        found[number] = upload(box, f"f{number}.bin", contents[number])["id"]

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [box.sandbox.content(found[n]) for n in range(4)] == contents
