import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyFrom, keyOptions, positionals, withGallery } from './open.js'

const newKeyOptions = {
  'new-key-file': { type: 'string' },
  'new-key-env': { type: 'string' },
  'new-passphrase': { type: 'boolean' },
  'no-new-key': { type: 'boolean' }
} as const

export async function rekey(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, { ...keyOptions, ...newKeyOptions })
  const [path] = positionals(options, 'rekey', ['GALLERY']) as [string]
  return withGallery(options, path, {}, async (gallery) => {
    const key = await keyFrom(options, `${path}.new-key`, { prefix: 'new-', create: true })
    await gallery.rekey(key)
    const keyFile = typeof key === 'object' && 'file' in key ? key.file : undefined
    if (options.json) printJson({ gallery: path, keyFile })
    else {
      print(`"${path}" now opens with the new key only. Backups keep the old one.`)
      if (keyFile !== undefined) print(`It is in "${keyFile}".`)
    }
    return 0
  })
}
