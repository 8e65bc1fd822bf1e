# Figures of fuzzy-set QCA that tests/methods/synthesis/test_qca_sites.py compares with, in base R: no package of
# Debian 12 does QCA.
#   Rscript qca_sites.R   (R 4.2.2)   writes qca_sites.csv and qca_sites_figures.csv
# Nothing goes the way of the package: memberships are plogis of log odds that lm draws through two anchors; what two
# sets share is taken from their distance, (x + y - |x - y|) / 2; a unique coverage is summed case by case; solutions
# are found by trying every set of terms; the intermediate one drops from each complex term the conditions that theory
# does not expect and that a parsimonious term within it does without (Ragin and Sonnett 2005).
options(digits = 15)
set.seed(35)  # a sample whose three solutions differ
n <- 20
sets <- c("people", "money", "time", "distance")
anchors <- list(people = c(5, 20, 60), money = c(1000, 4000, 20000), time = c(1, 4, 9), distance = c(40, 15, 3),
                success = c(10, 50, 85))
frame <- data.frame(site = sprintf("site-%02d", seq_len(n)), people = round(rexp(n, 1 / 25), 1),
                    money = round(exp(rnorm(n, 8.4, 0.9)), 1), time = round(runif(n, 0, 10), 2),
                    distance = round(rexp(n, 1 / 14), 2))

figures <- NULL
add <- function(kind, name, figure, value)
  figures <<- rbind(figures, data.frame(kind, name, figure, value = sprintf("%.15g", value)))
calibrated <- function(x, a) {
  straight <- function(from, to, odds) {
    line <- coef(lm(odds ~ at, data.frame(at = c(from, to), odds)))
    line[[1]] + line[[2]] * x
  }
  inside <- (x - a[2]) / (a[3] - a[2]) >= 0
  plogis(ifelse(inside, straight(a[2], a[3], c(0, 3)), straight(a[1], a[2], c(-3, 0))))
}
member <- sapply(sets, function(name) calibrated(frame[[name]], anchors[[name]]))
rule <- pmax(pmin(member[, "people"], member[, "money"]), pmin(member[, "distance"], 1 - member[, "time"]))
frame$success <- round(pmin(100, pmax(0, 100 * rule + rnorm(n, 0, 9))), 1)
write.csv(frame, "qca_sites.csv", row.names = FALSE, quote = FALSE)
y <- calibrated(frame$success, anchors$success)
for (name in names(anchors)) for (i in seq_len(n))
  add("membership", name, frame$site[i], if (name == "success") y[i] else member[i, name])

shared <- function(a, b) (a + b - abs(a - b)) / 2
doubtful <- function(x) shared(x, 0.5 - abs(y - 0.5))  # within y and its absence both
consistency <- function(x) sum(shared(x, y)) / sum(x)
pri <- function(x) sum(shared(x, y) - doubtful(x)) / sum(x - doubtful(x))
coverage <- function(x) 1 - sum(pmax(y - x, 0)) / sum(y)
within <- function(term) {  # term: 1 with, 0 without, NA whatever
  x <- rep(1, n)
  for (k in which(!is.na(term))) x <- shared(x, if (term[k] == 1) member[, k] else 1 - member[, k])
  x
}
text <- function(term) paste0(ifelse(term == 1, "", "~"), sets)[!is.na(term)] |> paste(collapse = "*")

for (name in sets) for (present in c(TRUE, FALSE)) {
  x <- if (present) member[, name] else 1 - member[, name]
  called <- if (present) name else paste0("~", name)
  add("necessary", called, "consistency", 1 - sum(pmax(y - x, 0)) / sum(y))
  add("necessary", called, "relevance", mean(1 - x) / mean(pmax(1 - x, 1 - y)))
  add("necessary", called, "coverage", consistency(x))
}

corners <- as.matrix(expand.grid(rep(list(0:1), 4)))
status <- apply(corners, 1, function(row) {
  x <- within(row)
  add("row", text(row), "consistency", consistency(x))
  add("row", text(row), "pri", pri(x))
  add("row", text(row), "cases", sum(x > 0.5))
  if (sum(x > 0.5) == 0) NA else consistency(x) >= 0.8 && pri(x) >= 0.5
})
terms <- as.matrix(expand.grid(rep(list(c(0, 1, NA)), 4)))
terms <- terms[rowSums(!is.na(terms)) > 0, ]
holds <- function(term) apply(corners, 1, function(row) all(is.na(term) | row == term))
held <- t(apply(terms, 1, holds))
shortest <- function(allowed) {
  fits <- which(apply(held, 1, function(rows) all(allowed[rows])))
  prime <- fits[sapply(fits, function(i) !any(sapply(setdiff(fits, i), function(j) all(held[j, held[i, ]]))))]
  for (size in seq_along(prime)) {
    tried <- combn(length(prime), size)
    covers <- apply(tried, 2, function(at) all(colSums(held[prime[at], , drop = FALSE])[which(status)] > 0))
    if (any(covers)) { stopifnot(sum(covers) == 1); return(terms[prime[tried[, covers]], , drop = FALSE]) }
  }
}
complex <- shortest(status %in% TRUE)
parsimonious <- shortest(is.na(status) | status)
expected <- c(1, 1, 0, 1)
easy <- NULL
for (i in seq_len(nrow(complex))) for (j in seq_len(nrow(parsimonious))) {
  one <- complex[i, ]; other <- parsimonious[j, ]
  if (!all(is.na(other) | (!is.na(one) & one == other))) next
  one[is.na(other) & !is.na(one) & one != expected] <- NA
  easy <- rbind(easy, one)
}
easy <- unique(easy)
stopifnot(nrow(complex) > nrow(easy), nrow(easy) > nrow(parsimonious))
solution <- function(kind, found) {
  parts <- apply(found, 1, within)
  whole <- apply(parts, 1, max)
  for (figure in c("consistency", "pri", "coverage")) add(kind, "whole", figure, get(figure)(whole))
  for (k in seq_len(nrow(found))) {
    x <- parts[, k]; rest <- if (ncol(parts) > 1) apply(parts[, -k, drop = FALSE], 1, max) else 0 * x
    for (figure in c("consistency", "pri", "coverage")) add(kind, text(found[k, ]), figure, get(figure)(x))
    add(kind, text(found[k, ]), "unique", sum(pmax(0, shared(x, y) - shared(rest, y))) / sum(y))
  }
}
solution("complex", complex)
solution("parsimonious", parsimonious)
solution("intermediate", easy)
write.csv(figures, "qca_sites_figures.csv", row.names = FALSE, quote = FALSE)
