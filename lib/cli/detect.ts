import { FaceDetector } from '../index.js'
import { openOptions, parseSearching, photoOptions, UsageError } from './arguments.js'
import { drawFaces } from './draw.js'
import { print, printJson, printTable } from './output.js'
import { forEachPhoto } from './photos.js'
import { checkPicturePath } from './picture.js'

export async function detect(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, { draw: { type: 'string' }, force: { type: 'boolean' } })
  const draw = options.text('draw')
  if (options.positionals.length === 0) throw new UsageError('detect takes at least one photo')
  if (draw !== undefined) {
    if (options.positionals.length > 1) throw new UsageError('--draw takes a single photo')
    await checkPicturePath(draw, options.flag('force'))
  }
  const { model, device = 'cpu', ...opening } = openOptions(options)
  if (device === 'vulkan')
    throw new UsageError('detect always runs on the CPU; --device vulkan is not supported')
  const detector = await FaceDetector.open({
    ...opening,
    ...(model !== undefined && { detector: model })
  })
  try {
    return await forEachPhoto(options.positionals, options.json, async (photo) => {
      const faces = await detector.detect(photo, { ...photoOptions(options), quality: true })
      if (draw !== undefined) await drawFaces(photo, faces, draw, photoOptions(options))
      if (options.json) {
        printJson({ photo, faces })
        return
      }
      const summary = faces.length === 1 ? '1 face' : `${faces.length} faces`
      print(`${photo}: ${faces.length === 0 ? 'no face' : summary}`)
      if (faces.length === 0) return
      printTable(
        ['score', 'left', 'top', 'width', 'height', 'quality'],
        faces.map(({ score, box, quality }) => [
          score.toFixed(3),
          ...[box.x, box.y, box.width, box.height].map((value) => value.toFixed(0)),
          quality?.overall.toFixed(2) ?? ''
        ])
      )
    })
  } finally {
    await detector.close()
  }
}
