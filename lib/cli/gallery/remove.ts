import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'

export async function remove(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, { ...keyOptions, photo: { type: 'string' } })
  const [path, who] = positionals(options, 'remove', ['GALLERY', 'WHO']) as [string, string]
  const photo = options.text('photo')
  return withGallery(options, path, {}, async (gallery) => {
    const { erased } = await (photo === undefined
      ? gallery.remove(who)
      : gallery.removePhoto(who, photo))
    if (options.json) printJson({ removed: who, ...(photo && { photo }), erased })
    else {
      print(photo === undefined ? `${who} is removed.` : `Removed a photo of ${who}.`)
      if (!erased)
        print('Another process is reading: the bytes go with its next change or opening.')
    }
    return 0
  })
}
