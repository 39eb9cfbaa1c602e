/** Endings of the files that can be decoded (`decode.ts` has the formats). */
const ending = /\.(jpe?g|png|webp|bmp|tiff?|avif|p[bgpn]m)$/i

/** Whether a file in a folder of photos is one of them, by its name; hidden files are not. */
export function isPhotoName(name: string): boolean {
  return ending.test(name) && !name.startsWith('.')
}
