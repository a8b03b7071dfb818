// The picture that the examples show: one that the package's documents show, or one drawn here.
import sharp from 'sharp';

/** A red circle above a blue square, as PNG bytes: a scene as the miniature knows them. */
export const examplePicture = () =>
  sharp(
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="112" height="112"><rect width="112" height="112" fill="white"/>' +
        '<circle cx="56" cy="28" r="14" fill="red"/><rect x="42" y="70" width="28" height="28" fill="blue"/></svg>',
    ),
  )
    .png()
    .toBuffer();
