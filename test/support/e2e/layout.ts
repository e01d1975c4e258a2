/** Measures how a page is laid out in its window. */
import type { Page } from '@playwright/test'

/** Returns by how many pixels the page is wider than its window. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('dialog[open]')]
    return Math.max(...boxes.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
  })
}

/**
 * Returns the buttons, boxes and figures of a running session that are not wholly in the window, or
 * that something else covers.
 */
export function hiddenControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = (element: Element) => element.checkVisibility({ visibilityProperty: true })
    const fault = (element: Element): string | undefined => {
      const { left, top, right, bottom } = element.getBoundingClientRect()
      const { innerWidth: width } = window
      const height = Math.min(window.innerHeight, window.visualViewport?.height ?? Number.POSITIVE_INFINITY)
      if (left < -0.5 || top < -0.5 || right > width + 0.5 || bottom > height + 0.5) {
        return `out of the window (${[left, top, right, bottom].map(Math.round)})`
      }
      const front = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      if (front && (element.contains(front) || front.contains(element))) return undefined
      return `under ${front?.outerHTML.slice(0, 60)}`
    }
    return [...document.querySelectorAll('.live :is(button, textarea), .meter [data-testid]')]
      .filter((element) => shown(element) && !element.closest('[role="log"]'))
      .flatMap((element) => {
        const why = fault(element)
        return why
          ? [`${element.getAttribute('data-testid') ?? (element.textContent || element.id)}: ${why}`]
          : []
      })
  })
}

/**
 * Has a keyboard cover the page from that height on, as an iPhone's does, or takes it away; a
 * page learns of it from `visualViewport` alone.
 */
export function coverFrom(page: Page, height: number | undefined): Promise<void> {
  return page.evaluate((height) => {
    const view = window.visualViewport
    if (!view) throw new Error('this browser has no visual viewport')
    if (height === undefined) Reflect.deleteProperty(view, 'height')
    else Object.defineProperty(view, 'height', { value: height, configurable: true })
    view.dispatchEvent(new Event('resize'))
  }, height)
}

/**
 * Returns the links, buttons and boxes that cannot be brought into the window whole, or are covered
 * there; while a window is open over the page, those in it.
 */
export function unreachableControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const CONTROLS = 'a[href], button, input, select, textarea, summary'
    const fault = (control: Element): string | undefined => {
      // A box may be drawn by its label.
      const label = control instanceof HTMLInputElement ? control.closest('label') : null
      const drawn = label ?? control
      drawn.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })
      const [box] = drawn.getClientRects()
      if (!box) return 'has no place'
      const { left, top, right, bottom } = box
      const kept = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0
      const isTall = bottom - top > innerHeight - kept
      if (
        left < -0.5 ||
        right > innerWidth + 0.5 ||
        (!isTall && (top < -0.5 || bottom > innerHeight + 0.5))
      ) {
        return `out of the window (${[left, top, right, bottom].map(Math.round)})`
      }
      const front = document.elementFromPoint(
        (left + right) / 2,
        Math.min((top + bottom) / 2, innerHeight - 1),
      )
      if (!front || drawn.contains(front) || front.contains(drawn)) return undefined
      return `under ${front.outerHTML.slice(0, 60)}`
    }
    const within = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body
    const found = [...within.querySelectorAll(CONTROLS)]
      .filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.matches('.skip'))
      .flatMap((control) => {
        const why = fault(control)
        const name = control.getAttribute('aria-label') || control.textContent || control.id
        return why ? [`${name.trim().slice(0, 40)}: ${why}`] : []
      })
    scrollTo(0, 0)
    return found
  })
}

/** Returns the words that a line break cuts in two; addresses, keys and other long ones may be. */
export function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const LONGEST = 20
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    const range = document.createRange()
    while (texts.nextNode()) {
      const node = texts.currentNode as Text
      const parent = node.parentElement
      if (!parent?.checkVisibility({ visibilityProperty: true })) continue
      if (getComputedStyle(parent).clipPath !== 'none') continue // for screen readers alone
      for (const { 0: run, index } of node.data.matchAll(/\S+/g)) {
        if (run.length > LONGEST || /@|:\/\//.test(run)) continue
        for (const { 0: word, index: within } of run.matchAll(/[\p{L}\p{N}$.,:’']+/gu)) {
          range.setStart(node, index + within)
          range.setEnd(node, index + within + word.length)
          const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
          if (tops.size > 1) found.push(word)
        }
      }
    }
    return found
  })
}
