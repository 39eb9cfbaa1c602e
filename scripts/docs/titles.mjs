// A plugin for TypeDoc: a document is named by its first heading, and links to README.md lead to the
// site's first page.
import { resolve } from 'node:path'
import { Converter } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_BEGIN, ({ project }) => {
    project.files.registerReflectionPath(resolve('README.md').replaceAll('\\', '/'), project)
  })
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [first] = document.content
    const heading = first?.kind === 'text' ? /^\s*# (.+)/.exec(first.text) : null
    if (heading === null) return
    document.name = heading[1].replaceAll('`', '')
    // The page shows the name above the text.
    first.text = first.text.slice(heading[0].length)
  })
}
