// Light, dark, or as the reader's system has it; the choice is kept where the browser lets it.
import { useEffect, useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "harness-theme";

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === found) ?? "auto";
  } catch {
    return "auto";
  }
}

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A page that may keep nothing is asked again the next time.
    }
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  const shown = { auto: "◐", light: "☀", dark: "☾" }[theme];
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${theme}; change to ${next}`}
      title={`Colours: ${theme}`}
    >
      {shown}
    </button>
  );
}
