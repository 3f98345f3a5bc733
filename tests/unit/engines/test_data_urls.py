"""What a server is sent of an image: bytes that were checked, or the pixels that others see."""

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from harness.engines.openai_wire import data_url, messages
from harness.errors import DataError
from harness.media import PictureCache, load, probe
from harness.records import FilePlace, ImagePart, MediaRef, Message, RenderedPrompt


def fresh():
    return PictureCache(2**24, 2**28)


def content_of(url):
    kind, _, content = url.partition(";base64,")
    return kind, base64.b64decode(content)


def gradient(low, high, kind):
    return Image.fromarray(np.linspace(low, high, 4096).astype(kind).reshape(64, 64))


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (gradient(0, 65535, "uint16"), "16 bits.png"),
        (gradient(0, 65535, "uint16"), "16 bits.tif"),
        (gradient(0, 1, "float32"), "shares of white.tif"),
        (gradient(-9, 9, "float32"), "other numbers.tif"),
        (gradient(0, 2**31 - 1, "int32"), "32 bits.tif"),
    ],
)
def test_the_gradient_of_a_deep_picture_reaches_the_server(picture, name, tmp_path):
    # Found 2026-11-25: two grey levels were left of 256 (inputs/grey-16-bit).
    picture.save(tmp_path / name)
    ref = probe(tmp_path / name)
    kind, content = content_of(data_url(ref, fresh()))
    shown = Image.open(io.BytesIO(content))
    assert (kind, shown.mode) == ("data:image/png", "RGB")
    assert len(np.unique(np.asarray(shown)[..., 0])) == 256
    assert shown.tobytes() == load(ref).tobytes()


def test_a_plain_file_goes_as_it_is(tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.jpg")
    kind, content = content_of(data_url(probe(tmp_path / "a.jpg"), fresh()))
    assert (kind, content) == ("data:image/jpeg", (tmp_path / "a.jpg").read_bytes())


def test_the_bytes_that_are_sent_are_those_that_were_checked(tmp_path):
    """The file is replaced again and again; what is sent is always the image of the key."""
    path = tmp_path / "a.png"
    pictures = [Image.effect_noise((64, 64), 50 + i).convert("RGB") for i in range(2)]
    contents = []
    for picture in pictures:
        picture.save(path)
        contents.append(path.read_bytes())
    path.write_bytes(contents[0])
    ref = probe(path)
    done = threading.Event()

    def replace():
        turn = 0
        while not done.is_set():
            turn += 1
            (tmp_path / "next").write_bytes(contents[turn % 2])
            (tmp_path / "next").replace(path)

    thread = threading.Thread(target=replace)
    thread.start()
    sent, refused = set(), 0
    try:
        for _ in range(300):
            try:
                sent.add(data_url(ref, fresh()))
            except DataError as error:
                refused += 1
                assert "has changed" in str(error)  # noqa: PT017 - either outcome may come
    finally:
        done.set()
        thread.join()
    assert refused
    assert {content_of(url)[1] for url in sent} <= {contents[0]}


def test_prompts_that_ask_for_one_image_at_once_encode_it_once(tmp_path):
    Image.effect_noise((400, 400), 80).convert("RGBA").save(tmp_path / "a.png")
    ref = probe(tmp_path / "a.png")
    cache = fresh()
    with ThreadPoolExecutor(6) as pool:
        urls = list(pool.map(lambda _: data_url(ref, cache), range(12)))
    assert (len(set(urls)), cache.made) == (1, 1)
    assert cache.held < 2 * len(urls[0])  # the pixels are not kept beside their text


def test_the_same_bytes_are_sent_once_encoded_wherever_they_lie(tmp_path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / name)
    cache = fresh()
    assert data_url(probe(tmp_path / "a.png"), cache) == data_url(probe(tmp_path / "b.png"), cache)
    assert cache.made == 1


def test_each_image_of_a_prompt_is_asked_for_once():
    place = FilePlace(path="a.png")
    media = tuple(MediaRef(place=place, sha256=c * 64, width=1, height=1) for c in "abc")
    shown = Message(role="user", parts=tuple(ImagePart(index=i) for i in (0, 1, 0)))
    asked = []

    def url(ref):
        asked.append(ref.sha256[0])
        return f"https://pics.example/{ref.sha256[0]}"

    rendered = RenderedPrompt(messages=(shown, shown), media=media, sha256="")
    one, other = messages(rendered, url)
    assert sorted(set(asked)) == ["a", "b"]  # nothing shows the third
    assert one == other
    assert [part["image_url"]["url"][-1] for part in one["content"]] == ["a", "b", "a"]
