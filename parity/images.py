"""Draws the fixtures' pictures: a gradient, three shapes and a little noise, from a seed."""

import numpy as np
from PIL import Image, ImageDraw


def draw_image(width: int, height: int, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    corners = random.uniform(40, 230, size=(3, 3))
    ground = corners[0] + x[..., None] / width * (corners[1] - corners[0]) + y[..., None] / height * (corners[2] - corners[0])
    image = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for kind in ("ellipse", "rectangle", "triangle"):
        colour = tuple(int(value) for value in random.integers(0, 256, size=3))
        size = int(random.integers(min(width, height) // 4, min(width, height) // 2))
        left, top = int(random.integers(0, width - size)), int(random.integers(0, height - size))
        if kind == "triangle":
            draw.polygon([(left, top + size), (left + size, top + size), (left + size // 2, top)], fill=colour)
        else:
            getattr(draw, kind)([left, top, left + size, top + size], fill=colour)
    noise = random.integers(-12, 13, size=(height, width, 3))
    return Image.fromarray(np.clip(np.asarray(image).astype(int) + noise, 0, 255).astype(np.uint8))
