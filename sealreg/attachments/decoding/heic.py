"""HEIC photographs of phones (手机照片) become JPEG. Apart from images.py because its decoder is large to load."""

from __future__ import annotations

import io

from pillow_heif import HeifImageFile, options

from sealreg.attachments.decoding.images import as_jpeg, check_sides, fits, plain
from sealreg.attachments.decoding.outcome import Clean, Unacceptable
from sealreg.attachments.decoding.process import serve

options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
options.DECODE_THREADS = 1
_WORKING = 8  # bytes a pixel: the decoder's planes, its packed colours and Pillow's own copy, not all at once


def read(data: bytes) -> Clean:
    """Decode the primary picture and encode it as JPEG (转为 JPEG). Raises Unacceptable."""
    try:
        # libheif applies the rotation written in the container; the note in EXIF only repeats it.
        with HeifImageFile(io.BytesIO(data)) as image:  # type: ignore[no-untyped-call]
            width, height = image.size
            check_sides(width, height)
            if not fits(width, height, _WORKING):
                raise Unacceptable("upload_too_many_pixels", width=width, height=height)
            image.load()  # type: ignore[no-untyped-call]
            return as_jpeg(plain(image), 0)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError, KeyError) as error:
        raise Unacceptable("upload_unreadable") from error


if __name__ == "__main__":
    serve(read)
