# Figures of fuzzy sets that tests/methods/synthesis/test_qca.py compares with, to the last digits: R's QCA prints three.
#   Rscript qca.R      writes qca_figures.csv and qca_calibration.csv beside itself
# Base R 4.2.2. The memberships are those of Ragin (2009, after Lipset 1959), the solutions those of R's QCA (its published
# tests), each combination told here case by case rather than by sums of vectors; calibration by plogis between anchors
# interpolated by approxfun.
options(digits = 15)
countries <- read.table(header = TRUE, text = "case DEV URB LIT IND STB SURV
AU 0.81 0.12 0.99 0.73 0.43 0.05
BE 0.99 0.89 0.98 1.00 0.98 0.95
CZ 0.58 0.98 0.98 0.90 0.91 0.89
EE 0.16 0.07 0.98 0.01 0.91 0.12
FI 0.58 0.03 0.99 0.08 0.58 0.77
FR 0.98 0.03 0.99 0.81 0.95 0.95
DE 0.89 0.79 0.99 0.96 0.31 0.05
GR 0.04 0.09 0.13 0.36 0.43 0.06
HU 0.07 0.16 0.88 0.07 0.13 0.42
IE 0.72 0.05 0.98 0.01 0.95 0.92
IT 0.34 0.10 0.41 0.47 0.58 0.05
NL 0.98 1.00 0.99 0.94 0.99 0.95
PL 0.02 0.17 0.59 0.00 0.00 0.12
PT 0.01 0.02 0.01 0.11 0.01 0.05
RO 0.01 0.03 0.17 0.00 0.84 0.21
ES 0.03 0.30 0.09 0.21 0.20 0.06
SE 0.95 0.13 0.99 0.67 0.91 0.95
UK 0.98 0.99 0.99 1.00 0.98 0.95")

# Membership of a case in a solution: the most of its terms, each the least of its conditions (1 - m where absent)
member <- function(case, solution) max(sapply(strsplit(solution, " + ", fixed = TRUE)[[1]], function(term)
  min(sapply(strsplit(term, "*", fixed = TRUE)[[1]], function(part)
    if (startsWith(part, "~")) 1 - case[[substring(part, 2)]] else case[[part]]))))
sums <- function(solution) {
  told <- c(x = 0, y = 0, both = 0, ambiguous = 0, out_of_x = 0, out_of_both = 0)
  for (i in seq_len(nrow(countries))) {
    case <- as.list(countries[i, -1]); x <- member(case, solution); y <- case$SURV
    told <- told + c(x, y, min(x, y), min(x, y, 1 - y), 1 - x, 1 - min(x, y))
  }
  as.list(told)
}
figures <- NULL
add <- function(kind, term, figure, value, call) figures <<- rbind(figures, data.frame(kind, term, figure, value, call))
solutions <- c(complex = "DEV*~URB*LIT*STB + DEV*LIT*IND*STB", parsimonious = "DEV*STB", intermediate = "DEV*LIT*STB")
for (kind in names(solutions)) {
  terms <- strsplit(solutions[[kind]], " + ", fixed = TRUE)[[1]]
  for (term in unique(c(solutions[[kind]], terms))) {
    s <- sums(term)
    add(kind, term, "consistency", s$both / s$x, "sum of min(x, y) over sum of x, case by case")
    add(kind, term, "pri", (s$both - s$ambiguous) / (s$x - s$ambiguous), "the same less min(x, y, 1 - y)")
    add(kind, term, "coverage", s$both / s$y, "sum of min(x, y) over sum of y, case by case")
  }
  if (length(terms) > 1) for (n in seq_along(terms)) {
    without <- sums(paste(terms[-n], collapse = " + "))
    whole <- sums(solutions[[kind]])
    add(kind, terms[n], "unique", (whole$both - without$both) / whole$y, "coverage of the solution less that without the term")
  }
}
for (name in c("DEV", "URB", "LIT", "IND", "STB")) for (term in c(name, paste0("~", name))) {
  s <- sums(term)
  add("necessary", term, "consistency", s$both / s$y, "sum of min(x, y) over sum of y, case by case")
  add("necessary", term, "relevance", s$out_of_x / s$out_of_both, "sum of 1 - x over sum of 1 - min(x, y), case by case")
  add("necessary", term, "coverage", s$both / s$x, "sum of min(x, y) over sum of x, case by case")
}
write.csv(figures, "qca_figures.csv", row.names = FALSE)

income <- c(40110, 34400, 25200, 24920, 20060, 17090, 15320, 13680, 11720, 11290, 10940, 9800,
  7470, 5000, 4670, 4100, 2500, 650, 110)
log_odds <- function(value, anchors) {  # straight lines through (exclusion, -3), (crossover, 0), (inclusion, 3), prolonged
  half <- if ((value - anchors[2]) * (anchors[3] - anchors[2]) >= 0) 2:3 else 1:2
  line <- lm(z ~ a, data.frame(a = anchors[half], z = c(-3, 0, 3)[half]))
  predict(line, data.frame(a = value))[[1]]
}
calibrated <- rbind(
  data.frame(set = "rich", exclusion = 2500, crossover = 5000, inclusion = 20000, value = income),
  data.frame(set = "poor", exclusion = 20000, crossover = 5000, inclusion = 2500, value = income))
calibrated$membership <- apply(calibrated[, -1], 1, function(r) plogis(log_odds(r[["value"]], unname(r[1:3]))))
calibrated$call <- "plogis of the line through the two anchors"
write.csv(calibrated, "qca_calibration.csv", row.names = FALSE)
