// Compiled, not run: as an ES module and as CommonJS, against the declarations of the package. A
// line below @ts-expect-error must not compile, all others must.
import {
  type Box,
  decodeImage,
  type EmbedderManifest,
  type ErrorCode,
  type Face,
  FaceDetector,
  FaceEmbedder,
  FaceEmbedding,
  FaceRecognizer,
  type FaceRecognizerOptions,
  InvalidArgumentError,
  type Landmarks,
  listModels,
  NoFaceError,
  type PhotoInput,
  type Powersave,
  type Precision,
  SeesawFaceError,
  similarity,
  type Verification
} from 'seesawface'
import { Gallery, type GalleryKey, type Identification, type Person } from 'seesawface/gallery'

/** Compiles when A and B are one type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function assertType<_T extends true>(): void {}

export async function check(): Promise<void> {
  const options: FaceRecognizerOptions = { model: 'seesaw-shuffle', threads: 2, precision: 'fp16' }
  await using faces = await FaceRecognizer.open(options)
  const verification = await faces.verify('a.jpg', new Uint8Array(9), { far: 1e-3 })
  assertType<Same<typeof verification, Verification>>()
  assertType<Same<Verification['same'], boolean>>()
  assertType<Same<Verification['far'], number | undefined>>()
  assertType<Same<Verification['embeddings'], readonly [FaceEmbedding, FaceEmbedding]>>()

  const embedding = await faces.embed({
    data: new Uint8ClampedArray(4),
    width: 1,
    height: 1,
    format: 'rgba'
  })
  assertType<Same<typeof embedding, FaceEmbedding>>()
  assertType<Same<FaceEmbedding['vector'], Float32Array>>()
  assertType<Same<FaceEmbedding['precision'], Precision>>()
  assertType<Same<FaceRecognizer['powersave'], Powersave>>()
  assertType<Same<Powersave, 'off' | 'little' | 'big'>>()
  assertType<Same<FaceRecognizer['threads'], number>>()
  assertType<Same<FaceRecognizer['device'], 'cpu' | 'vulkan'>>()
  assertType<Same<FaceRecognizer['deviceReason'], string | undefined>>()
  assertType<Same<FaceEmbedding['face'], Face | undefined>>()
  assertType<Same<ReturnType<typeof similarity>, number>>()
  similarity(embedding, FaceEmbedding.fromJSON(embedding.toJSON()))
  await faces.verify(embedding, 'b.jpg')

  const found = await faces.detect(new URL('file:///a.jpg'), { minScore: 0.7, maxPixels: 1e6 })
  assertType<Same<typeof found, Face[]>>()
  assertType<Same<Face['box'], Box>>()
  assertType<Same<Landmarks['length'], 5>>()
  for (const { landmarks } of found) {
    const rgb = await faces.align('a.jpg', landmarks)
    using embedder = await FaceEmbedder.open()
    await embedder.embed(rgb, { format: 'bgr' })
    assertType<Same<FaceEmbedder['manifest'], EmbedderManifest>>()
  }
  using detector = await FaceDetector.open({ detector: 'yunet' })
  const image = await decodeImage('a.jpg')
  await detector.detect(image)
  const inputs: PhotoInput[] = ['a', Buffer.from(''), new ArrayBuffer(3), image]
  for (const input of inputs) await faces.embed(input)
  for (const { name } of await listModels()) name.toUpperCase()

  try {
    await faces.close()
  } catch (error) {
    if (error instanceof NoFaceError) assertType<Same<typeof error.bestScore, number>>()
    else if (error instanceof InvalidArgumentError)
      assertType<Same<typeof error.argument, string>>()
    else if (error instanceof SeesawFaceError) assertType<Same<typeof error.code, ErrorCode>>()
  }

  // @ts-expect-error a format that does not exist
  await faces.embed({ data: new Uint8Array(3), width: 1, height: 1, format: 'yuv' })
  // @ts-expect-error a number is no photo
  await faces.embed(7)
  // @ts-expect-error no such option
  await FaceRecognizer.open({ thread: 1 })
  // @ts-expect-error a precision that does not exist
  await FaceRecognizer.open({ precision: 'int4' })
  // @ts-expect-error vectors are not embeddings: their model must be known
  similarity(embedding.vector, embedding.vector)
  // @ts-expect-error made by open, which can wait
  new FaceRecognizer()
  // @ts-expect-error four landmarks
  await faces.align('a.jpg', [embedding.face, embedding.face, embedding.face, embedding.face])
  // @ts-expect-error what was computed stays
  embedding.model = 'other'
}

export async function checkGallery(): Promise<void> {
  await using recognizer = await FaceRecognizer.open()
  const keys: GalleryKey[] = [{ file: 'key', create: true }, { env: 'KEY' }, 'none']
  for (const key of keys) {
    await using gallery = await Gallery.open('people.gallery', { recognizer, key })
    const { person, warnings } = await gallery.enroll('Ada', ['a.jpg', new Uint8Array(3)], {
      minQuality: 0.5,
      details: { door: 3 }
    })
    for (const warning of warnings) {
      if (warning.code === 'RESEMBLES_PERSON') warning.other.name.toUpperCase()
    }
    const found = await gallery.identify(await recognizer.embed('b.jpg'), { fpir: 0.01, top: 5 })
    assertType<Same<typeof found, Identification>>()
    assertType<Same<Identification['person'], Person | undefined>>()
    await gallery.remove(person)
    for await (const { seq, kind } of gallery.changes()) if (seq > 1) kind.toUpperCase()
    // @ts-expect-error a key has to be chosen
    await Gallery.open('people.gallery', { recognizer })
  }
}
