import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { defaultKeyFile, keyFrom, keyOptions, positionals, withGallery } from './open.js'

/** `to-key-file` and the like: the key of the export. */
export const archiveKeyOptions = {
  'archive-key-file': { type: 'string' },
  'archive-key-env': { type: 'string' },
  'archive-passphrase': { type: 'boolean' },
  'no-archive-key': { type: 'boolean' }
} as const

export async function exportPeople(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, { ...keyOptions, ...archiveKeyOptions })
  const [path, out] = positionals(options, 'export', ['GALLERY', 'FILE']) as [string, string]
  return withGallery(options, path, { readOnly: true }, async (gallery) => {
    const key = await keyFrom(options, defaultKeyFile(out), { prefix: 'archive-', create: true })
    await gallery.export(out, { key })
    const { people, photos } = await gallery.counts()
    const keyFile = typeof key === 'object' && 'file' in key ? key.file : undefined
    if (options.json) printJson({ file: out, people, photos, keyFile })
    else {
      print(`Exported ${people} people with ${photos} photos to "${out}".`)
      if (keyFile !== undefined) print(`Its key is in "${keyFile}".`)
    }
    return 0
  })
}
