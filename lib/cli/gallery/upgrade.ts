import { FaceEmbedder } from '../../index.js'
import { openOptions, parseRunning } from '../arguments.js'
import { print, printJson } from '../output.js'
import { progressBar } from '../progress.js'
import { keyOptions, positionals, withGallery } from './open.js'

export async function upgrade(args: readonly string[]): Promise<number> {
  const options = parseRunning(args, keyOptions)
  const [path] = positionals(options, 'upgrade', ['GALLERY']) as [string]
  const stop = new AbortController()
  const interrupt = (): void => stop.abort(new Error('stopped; run the same command to go on'))
  process.once('SIGINT', interrupt)
  await using embedder = await FaceEmbedder.open(openOptions(options))
  try {
    return await withGallery(options, path, {}, async (gallery) => {
      const { photos: all } = await gallery.counts()
      const bar = progressBar('embedding', all)
      const { photos } = await gallery.upgrade(embedder, {
        signal: stop.signal,
        onProgress: (done) => bar(done)
      })
      const { name } = embedder.manifest
      if (options.json) printJson({ gallery: path, photos, model: name })
      else print(`${photos} photos are now compared by model ${name}.`)
      return 0
    })
  } finally {
    process.off('SIGINT', interrupt)
  }
}
