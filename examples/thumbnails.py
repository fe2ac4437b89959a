"""Makes thumbnails of pictures, each in a worker process, and lists them; what is no picture is quarantined with its name.

pip install pillow
anagram run --pipeline examples/thumbnails.py 'photos/**/*.jpg' --orchestrator multiprocess -o pipeline.folder=small --format csv
"""

import os
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline_optimization import CompletePipeline, Pipeline, task


class Thumbnail(TypedDict):
    """Which picture it is of, where it is, and its size."""

    picture: str
    thumbnail: str
    width: int
    height: int


@task(permanent=(UnidentifiedImageError, Image.DecompressionBombError), timeout=60)
def shrink(picture: Path, *, folder: Path, edge: int) -> Thumbnail:
    """Write a thumbnail of at most ``edge`` by ``edge`` pixels."""
    # Pictures of the same name may be in several directories.
    name = sha256(os.fsencode(picture.resolve())).hexdigest()[:8]
    path = folder / f"{picture.stem}-{name}.jpg"
    with Image.open(picture) as image:
        image.draft("RGB", (edge, edge))  # a large JPEG is decoded small, which takes a fraction of the time
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((edge, edge))
        small = upright.convert("RGB")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    small.save(unfinished, "JPEG")
    unfinished.replace(path)  # whole, or not there
    return {"picture": str(picture), "thumbnail": str(path), "width": small.width, "height": small.height}


def pipeline(folder: Path = Path("thumbnails"), edge: int = 256) -> CompletePipeline[str, list[Thumbnail]]:
    """Return the pipeline; its parameters are options of the run."""
    return Pipeline("thumbnails").files().map(partial(shrink, folder=folder.resolve(), edge=edge)).collect()
