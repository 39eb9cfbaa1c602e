import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'

export async function backup(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const [path, out] = positionals(options, 'backup', ['GALLERY', 'FILE']) as [string, string]
  return withGallery(options, path, {}, async (gallery) => {
    await gallery.backup(out)
    if (options.json) printJson({ file: out })
    else print(`Copied to "${out}". It opens with the key of "${path}".`)
    return 0
  })
}
