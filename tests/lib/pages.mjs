// What the scenarios say to a browser, whichever it is. A driver has
//   name, newPage(), stopWorkers(), close()
// and its pages have
//   goto(url) → undefined or the reason why nothing opened, reload(), eval(expression), bringToFront(), resize(width, height), screenshot(file), close(),
//   messages: what the page and its worker wrote to the console, as far as the browser tells.
import { ChromiumDriver } from './chromium.mjs';
import { FirefoxDriver } from './firefox.mjs';

export const BROWSERS = { chromium: ChromiumDriver, firefox: FirefoxDriver };

// The browsers that this run is about; OFFING_BROWSERS=chromium leaves the others out.
export const browserNames = (process.env.OFFING_BROWSERS ?? 'chromium,firefox').split(',').filter(Boolean);

export const launch = (name, options) => BROWSERS[name].launch(options);
