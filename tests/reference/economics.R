# Cost-effectiveness in base R (4.2.2), for tests/methods/test_economics.py: Fieller's bounds by root finding, moments of a
# product by integration, acceptability by pt: other routes than our closed forms.
#   Rscript economics.R      writes economics_figures.csv
options(digits = 15)
rows <- NULL
add <- function(case, cost, cost_se, effect, effect_se, df, rho, value, low, high, call) rows <<- rbind(rows,
  data.frame(case, cost, cost_se, effect, effect_se, df, rho, value, low, high, call))
fieller <- function(c, sc, e, se, df, rho) {
  t <- qt(.975, df)
  f <- function(r) (c - r * e)^2 - t^2 * (sc^2 - 2 * r * rho * sc * se + r^2 * se^2)
  mid <- c / e
  c(uniroot(f, c(-20 * abs(mid), mid), tol = 1e-13)$root, uniroot(f, c(mid, 60 * abs(mid)), tol = 1e-13)$root)
}
for (x in list(c(1200, 90, .5, .12, 40, 0), c(1200, 90, .5, .12, 40, .4), c(300, 0, 2.1, .9, 25, 0), c(5000, 1500, 3, .4, 200, -.3))) {
  b <- fieller(x[1], x[2], x[3], x[4], x[5], x[6])
  add("fieller", x[1], x[2], x[3], x[4], x[5], x[6], x[1] / x[3], b[1], b[2], "uniroot of (C - rE)^2 - t^2 V(C - rE)")
}
v <- 13000; for (rho in c(0, .3)) {
  net <- v * .4 - 900; s <- sqrt(c(v, -1) %*% matrix(c(.15^2, rho * .15 * 200, rho * .15 * 200, 200^2), 2) %*% c(v, -1))
  add("net", 900, 200, .4, .15, 60, rho, net, net - qt(.975, 60) * s, net + qt(.975, 60) * s, "linear combination of two figures")
  add("acceptable", 900, 200, .4, .15, 60, rho, pt(net / s, 60), NA, NA, "pt(net / se, df)")
}
write.csv(rows, "economics_figures.csv", row.names = FALSE)
