# A composite index in base R and psych (2.2.9, R 4.2.2), for tests/methods/test_composite.py: written from the OECD/JRC
# handbook and the rule of COINr's documentation, apart from our own code.
#   Rscript composite.R      writes composite_sample.csv, composite_shape.csv, composite_figures.csv
suppressPackageStartupMessages(library(psych)); options(digits = 15)
set.seed(42)
n <- 24
latent <- rnorm(n)
d <- data.frame(unit = sprintf("u%02d", 1:n), a = 50 + 8 * latent + rnorm(n, 0, 4), b = 10 - 2 * latent + rnorm(n),
  c = exp(rnorm(n, 1, .3) + .3 * latent), d = runif(n) * 40 + latent, e = rnorm(n, 5, 1))
d$c[7] <- 60; d$e[c(2, 11)] <- c(-20, -26)              # outliers: one on the right, two on the left
d$d <- exp(sample(seq(0, 28, length.out = n)))          # a long tail that winsorising five values does not mend
d[-1] <- round(d[-1], 4)
write.csv(d, "composite_sample.csv", row.names = FALSE, quote = FALSE)
out <- function(x) abs(skew(x, type = 2)) > 2 && kurtosi(x, type = 2) > 3.5
treat <- function(x) {
  if (!out(x)) return(list(x = x, how = "none", k = 0))
  w <- x
  for (k in 1:5) {
    u <- sort(unique(w))
    if (skew(w, type = 2) > 0) w[w == max(u)] <- u[length(u) - 1] else w[w == min(u)] <- u[2]
    if (!out(w)) return(list(x = w, how = "winsorised", k = k))
  }
  s <- diff(range(x))
  list(x = if (skew(x, type = 2) > 0) log(x - min(x) + .01 * s) else -log(max(x) - x + .01 * s), how = "log", k = 0)
}
m <- as.matrix(d[-1]); m[, "b"] <- -m[, "b"]             # b: lower is better
t <- apply(m, 2, treat)
tail <- exp(seq(0, 12, length.out = 200))                # too long a tail for five values to be all of it
columns <- c(lapply(colnames(m), function(j) m[, j]), list(tail, -tail)); names(columns) <- c(colnames(m), "tail", "left-tail")
shaped <- lapply(columns, treat)
write.csv(data.frame(indicator = names(columns), skewness = sapply(columns, skew, type = 2), kurtosis = sapply(columns, kurtosi, type = 2),
  how = sapply(shaped, `[[`, "how"), pulled = sapply(shaped, `[[`, "k"), total = sapply(shaped, function(z) sum(z$x)),
  call = "psych::skew(x, type = 2), psych::kurtosi(x, type = 2)"), "composite_shape.csv", row.names = FALSE)
x <- sapply(t, `[[`, "x")
minmax <- apply(x, 2, function(v) 1 + 99 * (v - min(v)) / (max(v) - min(v)))
z <- scale(x); r <- apply(x, 2, rank)
geo <- function(m, w = rep(1, ncol(m))) apply(m, 1, function(v) exp(weighted.mean(log(v), w)))
ari <- function(m, w = rep(1, ncol(m))) apply(m, 1, weighted.mean, w)
two <- function(m, f) cbind(f(m[, c("a", "b"), drop = FALSE]), f(m[, c("c", "d", "e"), drop = FALSE]))
write.csv(data.frame(unit = d$unit,
  minmax_arithmetic_geometric = geo(two(minmax, ari)), minmax_weighted = geo(two(minmax, ari), c(2, 1)),
  zscore_arithmetic = ari(two(z, ari)), rank_geometric = geo(two(r, geo)),
  without_d = geo(cbind(ari(minmax[, c("a", "b")]), ari(minmax[, c("c", "e")]))),
  rank_of_index = rank(-geo(two(minmax, ari)))), "composite_figures.csv", row.names = FALSE)
