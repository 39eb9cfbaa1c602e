import type { Transformer } from '@napi-rs/image'
import { loadDecoder } from '../addon/load.js'
import type { RawFrame } from '../index.js'

/**
 * A face that detectors see, drawn: the package needs no photograph of anybody to be timed, and the
 * work depends on the pixels' number, not on whose they are.
 */
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 400">
<defs>
<radialGradient id="skin" cx=".42" cy=".4" r=".75"><stop offset="0" stop-color="#f0c9ab"/><stop offset=".7" stop-color="#d9a784"/><stop offset="1" stop-color="#a87452"/></radialGradient>
<linearGradient id="wall" x2="1" y2="1"><stop offset="0" stop-color="#7d93a6"/><stop offset="1" stop-color="#3d4a57"/></linearGradient>
<filter id="soft"><feGaussianBlur stdDeviation="2"/></filter>
<filter id="sharp"><feGaussianBlur stdDeviation=".8"/></filter>
</defs>
<rect width="300" height="400" fill="url(#wall)"/>
<path d="M20 400Q40 315 115 300L185 300Q260 315 280 400Z" fill="#2f3b52"/>
<path d="M118 250L182 250L190 310Q150 335 110 310Z" fill="#c08f6d"/>
<ellipse cx="150" cy="178" rx="76" ry="102" fill="#3a2a20"/>
<ellipse cx="77" cy="190" rx="10" ry="22" fill="#c9946f"/><ellipse cx="223" cy="190" rx="10" ry="22" fill="#c9946f"/>
<path d="M80 170Q78 92 150 90Q222 92 220 170Q220 235 188 268Q150 295 112 268Q80 235 80 170Z" fill="url(#skin)"/>
<path d="M78 165Q75 75 150 72Q225 75 222 165Q212 110 150 106Q88 110 78 165Z" fill="#33241b"/>
<g filter="url(#soft)">
<ellipse cx="118" cy="180" rx="24" ry="14" fill="#a8764f" opacity=".55"/><ellipse cx="182" cy="180" rx="24" ry="14" fill="#a8764f" opacity=".55"/>
<path d="M142 175Q138 205 134 218Q150 228 166 218Q162 205 158 175Z" fill="#b98560" opacity=".5"/>
<ellipse cx="105" cy="222" rx="18" ry="12" fill="#d98f78" opacity=".4"/><ellipse cx="195" cy="222" rx="18" ry="12" fill="#d98f78" opacity=".4"/>
</g>
<g filter="url(#sharp)">
<path d="M96 160Q115 148 138 158L137 163Q116 155 97 165Z" fill="#2c1d14"/><path d="M204 160Q185 148 162 158L163 163Q184 155 203 165Z" fill="#2c1d14"/>
<path d="M102 182Q118 170 136 182Q118 191 102 182Z" fill="#f4efe8"/><path d="M198 182Q182 170 164 182Q182 191 198 182Z" fill="#f4efe8"/>
<circle cx="119" cy="181" r="7" fill="#3c2a1e"/><circle cx="181" cy="181" r="7" fill="#3c2a1e"/>
<path d="M101 182Q118 168 137 182M199 182Q182 168 163 182" stroke="#24170f" stroke-width="2.4" fill="none"/>
<path d="M133 218Q141 212 150 219Q159 212 167 218Q160 228 150 226Q140 228 133 218Z" fill="#9c6848"/>
<ellipse cx="142" cy="221" rx="3.5" ry="2" fill="#4a2c1c"/><ellipse cx="158" cy="221" rx="3.5" ry="2" fill="#4a2c1c"/>
<path d="M122 246Q140 239 150 243Q160 239 178 246Q150 250 122 246Z" fill="#a85a50"/><path d="M122 246Q150 268 178 246Q150 252 122 246Z" fill="#bd6d60"/>
<path d="M121 246Q150 252 179 246" stroke="#6b332c" stroke-width="1.8" fill="none"/>
</g>
<circle cx="121" cy="179" r="1.8" fill="#fff"/><circle cx="183" cy="179" r="1.8" fill="#fff"/>
</svg>`

/** Twelve megapixels, as phones take them. */
export const samplePhotoSize = { width: 3000, height: 4000 } as const
export const sampleFrameSize = { width: 600, height: 800 } as const

const quality = 90
/** Greatest change of a sample: it makes a file of 3 to 4 MB of such a photo, as a camera's noise does. */
const noiseReach = 16

/** Adds the same noise each time, of triangular distribution, to the colours of RGBA pixels. */
function addNoise(pixels: Uint8Array, seed: number): void {
  let state = seed
  for (let i = 0; i < pixels.length; i += 4) {
    // Marsaglia's xorshift (2003) for 32 bits.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const change = Math.round((((state & 0xffff) + (state >>> 16)) / 0xffff - 1) * noiseReach)
    for (let c = i; c < i + 3; c++) {
      pixels[c] = Math.max(0, Math.min(255, (pixels[c] as number) + change))
    }
  }
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255)
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] as number
    rgba[to + 1] = rgb[from + 1] as number
    rgba[to + 2] = rgb[from + 2] as number
  }
  return rgba
}

/** The drawing as a raw frame of half a megapixel: what a camera might give. */
export async function sampleFrame(): Promise<RawFrame> {
  const { Transformer: Decoder } = await loadDecoder()
  const { width, height } = sampleFrameSize
  const data = await Decoder.fromSvg(drawing).resize(width, height).rawPixels()
  return { data, width, height, format: 'rgba' }
}

/** An image enlarged to so many pixels, with the noise and the file of a camera. */
export async function asPhoto(
  image: Transformer,
  width: number,
  height: number,
  seed: number
): Promise<Uint8Array> {
  const { Transformer: Decoder } = await loadDecoder()
  const pixels = await image.resize(width, height).rawPixels()
  const rgba = pixels.length === width * height * 4 ? pixels : withAlpha(pixels)
  addNoise(rgba, seed)
  return Decoder.fromRgbaPixels(rgba, width, height).jpeg(quality)
}

/** A JPEG of `samplePhotoSize`; another seed is another photo of the same face. */
export async function samplePhoto(seed: number): Promise<Uint8Array> {
  const { Transformer: Decoder } = await loadDecoder()
  const { width, height } = samplePhotoSize
  return asPhoto(Decoder.fromSvg(drawing), width, height, seed)
}
