import { FaceDetector } from '../index.js'
import { openOptions, parseRunning, photoOptions, UsageError } from './arguments.js'
import { print, printJson, printTable } from './output.js'
import { forEachPhoto } from './photos.js'

export async function detect(args: readonly string[]): Promise<number> {
  const options = parseRunning(args)
  if (options.positionals.length === 0) throw new UsageError('detect takes at least one photo')
  const { model, ...opening } = openOptions(options)
  const detector = await FaceDetector.open({
    ...opening,
    ...(model !== undefined && { detector: model })
  })
  try {
    return await forEachPhoto(options.positionals, options.json, async (photo) => {
      const faces = await detector.detect(photo, photoOptions(options))
      if (options.json) {
        printJson({ photo, faces })
        return
      }
      const summary = faces.length === 1 ? '1 face' : `${faces.length} faces`
      print(`${photo}: ${faces.length === 0 ? 'no face' : summary}`)
      if (faces.length === 0) return
      printTable(
        ['score', 'left', 'top', 'width', 'height'],
        faces.map(({ score, box }) => [
          score.toFixed(3),
          ...[box.x, box.y, box.width, box.height].map((value) => value.toFixed(0))
        ])
      )
    })
  } finally {
    await detector.close()
  }
}
