// Reads Markdown as far as the checks of the documentation need it: headings, links, code blocks.

export interface CodeBlock {
  readonly language: string
  readonly code: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** Index of the block that ends right above this one, with an empty line between at most. */
  readonly follows: number | undefined
  /** Whether a comment above says that it is not run. */
  readonly excepted: boolean
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const lines = markdown.split('\n')
  const blocks: CodeBlock[] = []
  let lastEnd = -2
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w+)$/.exec(lines[i] ?? '')?.[1]
    if (language === undefined) continue
    const start = i
    let end = start + 1
    while (end < lines.length && lines[end] !== '```') end++
    const above = lines.slice(lastEnd + 1, start).filter((text) => text !== '')
    blocks.push({
      language,
      code: `${lines.slice(start + 1, end).join('\n')}\n`,
      line: start + 1,
      follows: above.length === 0 && blocks.length > 0 ? blocks.length - 1 : undefined,
      excepted: /^<!-- not run: .+ -->$/.test(above.at(-1) ?? '')
    })
    lastEnd = end
    i = end
  }
  return blocks
}

/** The text without what is code: links in there are none. */
export function withoutCode(markdown: string): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ')
  return markdown
    .replace(/^```[\s\S]*?^```$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()<>]/g, ' '))
}

/** As GitHub makes them: lower case, punctuation gone, spaces as hyphens, numbered when repeated. */
export function anchors(markdown: string): Set<string> {
  const seen = new Map<string, number>()
  const found = new Set<string>()
  const headings = markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} +(.+?) *#*$/gm)
  for (const [, heading = ''] of headings) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    found.add(count === 0 ? slug : `${slug}-${count}`)
  }
  for (const [, id = ''] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id)
  return found
}

export interface Link {
  readonly target: string
  readonly line: number
}

export function markdownLinks(markdown: string): Link[] {
  const text = withoutCode(markdown)
  const links: Link[] = []
  // [text](target), ![text](target "title"), [name]: target
  const forms = [
    /\]\(\s*<?([^()\s>]+(?:\([^()\s]*\))?)>?(?:\s+"[^"]*")?\s*\)/g,
    /^\[[^\]]+\]:\s+(\S+)/gm
  ]
  for (const form of forms) {
    for (const match of text.matchAll(form)) {
      const line = text.slice(0, match.index).split('\n').length
      links.push({ target: match[1] ?? '', line })
    }
  }
  return links
}
