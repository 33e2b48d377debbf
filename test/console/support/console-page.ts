/** What a person does and sees on the console's page. */
import type { Browser, BrowserContext, Page } from 'playwright-core';

export interface PageOptions {
  readonly width?: number;
  readonly locale?: 'zh-CN' | 'en';
  readonly colorScheme?: 'light' | 'dark';
  /** Default: that of the sandbox's users. */
  readonly password?: string;
}

/** Where a console is, and the password of who has no other. */
export interface ConsoleDoor {
  readonly consoleUrl: string;
  readonly password: string;
}

const WITHIN_MS = 10_000;

/** A browser of one person: signed in by the form, on the start page. Faults of the page fail the test that asks `faults`. */
export class ConsolePage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly faults: string[] = [];
  readonly #door: ConsoleDoor;

  constructor(door: ConsoleDoor, context: BrowserContext, page: Page) {
    this.#door = door;
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(WITHIN_MS);
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) this.faults.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    door: ConsoleDoor,
    user: string,
    options: PageOptions = {},
  ): Promise<ConsolePage> {
    const { width = 1280, locale = 'en', colorScheme = 'light' } = options;
    const context = await browser.newContext({ viewport: { width, height: width < 700 ? 844 : 860 }, colorScheme });
    await context.addInitScript((chosen) => localStorage.setItem('console.locale', chosen), locale);
    const one = new ConsolePage(door, context, await context.newPage());
    await one.page.goto(door.consoleUrl);
    await one.signIn(user, options.password);
    return one;
  }

  async signIn(user: string, password = this.#door.password): Promise<void> {
    await this.tryToSignIn(user, password);
    await this.page.locator('.shell').waitFor();
  }

  async tryToSignIn(user: string, password: string): Promise<void> {
    const form = this.page.locator('.sign-in form');
    await form.locator('input').nth(0).fill(user);
    await form.locator('input').nth(1).fill(password);
    await form.locator('button[type=submit]').click();
  }

  async goTo(path: string): Promise<void> {
    await this.page.goto(this.#door.consoleUrl + path);
    await this.page.locator('.shell').waitFor();
  }

  /** Opens an actor's page and waits for its chart to be lit. */
  async goToActor(address: string, query = ''): Promise<void> {
    await this.goTo(`/actors/${address}${query}`);
    await this.page.locator('svg.chart [aria-current]').first().waitFor();
  }

  /** Ids of the lit states, enclosing ones included. */
  litStates(): Promise<string[]> {
    return this.page
      .locator('svg.chart [data-node][aria-current=true]')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node') ?? ''));
  }

  async waitUntilLit(node: string, withinMs = WITHIN_MS): Promise<void> {
    await this.page.locator(`svg.chart [data-node="${node}"][aria-current=true]`).waitFor({ timeout: withinMs });
  }

  /** Through the dialog, to its dry run; of what cannot be undone the last four characters of the id are typed as well. */
  async act(event: string, reason: string, id: string): Promise<void> {
    await this.page.locator(`.actions button[data-event="${event}"]`).click();
    const dialog = this.page.locator('dialog[open]');
    await dialog.locator('textarea').fill(reason);
    const ticket = dialog.locator('input[required]');
    if ((await ticket.count()) > 0) await ticket.first().fill('T-1');
    await dialog.locator('button[type=submit]').click();
    await dialog.locator('.preview').waitFor();
    const lastFour = dialog.locator('input');
    if ((await lastFour.count()) > 0) await lastFour.last().fill(id.slice(-4));
  }

  async confirm(): Promise<void> {
    await this.page.locator('dialog[open] button[type=submit]').click();
    await this.page.locator('dialog[open] .receipt').waitFor();
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
