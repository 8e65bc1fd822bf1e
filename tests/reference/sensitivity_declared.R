# Figures that tests/methods/studies/test_sensitivity_declared.py compares with: E-values, Rosenbaum's gamma and
# randomisation inference of declared studies, from the units of sensitivity.R, matching.R and trials.R.
#   Rscript sensitivity_declared.R     writes sensitivity_declared_figures.csv
# R 4.2.2, sandwich 3.0-2. Debian has no EValue, rbounds or ri2: each figure is had by another route, told beside it.
suppressPackageStartupMessages(library(sandwich))
options(digits = 15)
figures <- NULL
add <- function(case, values, call) figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))

# E-values: the confounder's risk ratio whose bounding factor e^2 / (2e - 1) is the ratio (Ding & VanderWeele 2016)
d <- read.csv("sensitivity_units.csv"); d$well <- as.integer(d$y > 1)
need <- function(rr) uniroot(function(e) e * e / (2 * e - 1) - max(rr, 1 / rr), c(1, 1e3), tol = 1e-14)$root
told <- function(case, y, ratio, call) {
  m <- lm(reformulate(c("treated", "x1", "x2", "x3"), y), d); b <- coef(m)[["treated"]]
  half <- qt(.975, m$df.residual) * sqrt(vcovHC(m, "HC2")["treated", "treated"])
  stopifnot(b - half > 0)
  add(case, c(effect = b, estimate = need(ratio(b)), limit = need(ratio(b - half))), call)
}
spread <- sd(d$y[d$treated == 0]); share <- mean(d$well[d$treated == 0])
told("e_value_number", "y", function(b) exp(.91 * b / spread), "lm, vcovHC(HC2); uniroot on the bounding factor of exp(.91 d)")
told("e_value_share", "well", function(b) (share + b) / share, "lm, vcovHC(HC2); uniroot on the bounding factor of (p + b) / p")

# Rosenbaum: the odds ratio at which the one-sided p of signed ranks, weighted against the effect, is .05
u <- read.csv("matching_units.csv"); pairs <- read.csv("matching_pairs.csv")
for (case in c("nearest", "nearest_exact")) {
  of <- pairs[[case]]; one <- which(u$treated == 1 & of > 0)
  D <- sapply(one, function(i) u$y[i] - u$y[of == u$unit[i] & u$treated == 0]); D <- D[D != 0]; r <- rank(abs(D))
  p <- function(g) pnorm(sum(r[D > 0]), g / (1 + g) * sum(r), sqrt(g) / (1 + g) * sqrt(sum(r^2)), lower.tail = FALSE)
  stopifnot(abs(p(1) - wilcox.test(D, alternative = "greater", exact = FALSE, correct = FALSE)$p.value) < 1e-12)
  add(paste0("rosenbaum_", case), c(gamma = uniroot(function(g) p(g) - .05, c(1, 50), tol = 1e-14)$root), "rank, pnorm, uniroot; at 1 wilcox.test")
}

# Randomisation: every way of drawing two of four clusters in each of three blocks
t <- read.csv("trials_units.csv"); choose2 <- combn(4, 2); drawn <- expand.grid(rep(list(1:6), 3))
clusters <- lapply(1:3, function(b) sort(unique(t$cluster[t$block == b])))
effect <- function(drawn_arm) coef(lm(y ~ drawn_arm + x1 + factor(block), t))[["drawn_arm"]]
all <- apply(drawn, 1, function(i) effect(as.integer(t$cluster %in% unlist(lapply(1:3, function(b) clusters[[b]][choose2[, i[b]]])))))
found <- effect(t$arm)
add("drawn_clusters", c(effect = found, p = mean(abs(all) >= abs(found) * (1 - 1e-9)), draws = length(all)), "lm(y ~ drawn_arm + x1 + factor(block)) over the 6^3 draws")

figures$value <- trimws(formatC(figures$value, digits = 17, format = "g"))
write.csv(figures, "sensitivity_declared_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
