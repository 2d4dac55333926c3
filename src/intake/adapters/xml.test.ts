import { describe, expect, test } from 'vitest'
import { faultsOf } from './samples/samples.ts'
import { xmlIn, xmlLimits } from './xml.ts'

const read = (text: string, attributes: string[] = []) => xmlIn(Buffer.from(text), attributes).value
const refused = (text: string) => faultsOf(() => read(text))

describe('what XML becomes', () => {
  test('elements without their prefix, repeated ones as a list, content as trimmed text', () => {
    const text = '<?xml version="1.0"?><n:e xmlns:n="u"><n:a> 007 </n:a><b>x</b><b/><c><!-- no --><d>true</d></c></n:e>'
    expect(read(text)).toEqual({ e: { a: '007', b: ['x', ''], c: { d: 'true' } } })
  })

  test('only the attributes asked for', () => {
    expect(read('<e a="1" b="2"><f b="3"/></e>', ['b'])).toEqual({ e: { '@b': '2', f: { '@b': '3' } } })
    expect(read('<e a="1">x</e>')).toEqual({ e: 'x' })
  })

  test("XML's own references are read, none inside CDATA, and none to what is no character", () => {
    expect(read('<e>&lt;A&amp;B&gt;&quot;&apos;&#65;&#x42;</e>')).toEqual({ e: `<A&B>"'AB` })
    expect(read('<e><![CDATA[<A&amp;B>]]></e>')).toEqual({ e: '<A&amp;B>' })
    expect(read('<e>&#0;&#xD800;&#x110000;&nbsp;</e>')).toEqual({ e: '&#0;&#xD800;&#x110000;&nbsp;' })
    expect(read('<e f="&#65;"/>', ['f'])).toEqual({ e: { '@f': 'A' } })
  })

  test('long base64 comes back whole, wherever it stands', () => {
    const [one, two] = ['QUJD'.repeat(500_000), 'REVG'.repeat(300)]
    expect(read(`<e><a>\n${one}\n</a><b>x</b><a>${two}</a></e>`)).toEqual({ e: { a: [one, two], b: 'x' } })
  })

  test('names of an object are no way into ours', () => {
    expect(read('<e><hasOwnProperty>1</hasOwnProperty></e>')).toEqual({ e: { __hasOwnProperty: '1' } })
    for (const name of ['__proto__', 'constructor', 'prototype', 'n:__proto__']) {
      expect(refused(`<e><${name}><x>1</x></${name}></e>`)).toEqual([' xml-shape'])
    }
  })
})

describe('what is refused', () => {
  test.each([
    ['nothing', '', 'xml'],
    ['no element', 'text', 'xml'],
    ['cut off', '<a><b>x</b>', 'xml'],
    ['crossed elements', '<a><b></a></b>', 'xml'],
    ['two roots', '<a></a><b></b>', 'xml'],
    ['a bare ampersand', '<a>A & B</a>', 'xml'],
    ['an open comment', '<a><!-- </a>', 'xml'],
    ['a document type', '<!DOCTYPE a><a/>', 'xml-dtd'],
    ['an entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]><a>&x;</a>', 'xml-dtd'],
    ['a document type in lower case', '<!doctype a><a/>', 'xml-dtd'],
    ['a tag without end', '<a', 'xml-tag'],
    ['unpaired quotes', '<a b="></a>', 'xml-tag'],
    ['a tag beyond the limit', `<a ${' '.repeat(xmlLimits.tagLength)}/>`, 'xml-tag'],
    ['too many elements', `<a>${'<b/>'.repeat(xmlLimits.tags * 2)}</a>`, 'xml-tags'],
    ['too deep', `${'<a>'.repeat(xmlLimits.depth + 2)}${'</a>'.repeat(xmlLimits.depth + 2)}`, 'xml-shape'],
    ['too much text', `<a>${'a-b '.repeat(xmlLimits.textLength / 4)}</a>`, 'xml-size'],
    ['too many bytes', `<a>${'A'.repeat(xmlLimits.bytes)}</a>`, 'xml-size'],
  ])('%s', (_name, text, rule) => {
    expect(refused(text)).toEqual([` ${rule}`])
  })

  test('within the limits all is well', () => {
    expect(read(`<a>${'<b/>'.repeat(9_000)}</a>`)).toHaveProperty('a.b.length', 9_000)
    expect(() => read(`${'<a>'.repeat(xmlLimits.depth)}${'</a>'.repeat(xmlLimits.depth)}`)).not.toThrow()
    expect(() => read('<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>')).not.toThrow()
  })

  test('the place is told and the content is not', () => {
    expect(() => read('<a>\n<SECRET>\n</a>')).toThrow(
      /^request: The body is not well-formed XML \(line \d+, column \d+\)\.$/,
    )
  })
})
