# Errors by replicates of R's survey package that tests/methods/test_replicate_errors.py compares with.
#   Rscript replicate_errors.R   (R 4.2.2, survey 4.1.1)   reads survey_sample.csv, writes replicate_errors_figures.csv
# Deviations are taken from the estimate (mse = TRUE). BRR and Fay's method ask for pairs: the first two sampling units
# of each stratum; their half samples follow the columns of Sylvester's matrix after that of ones.
suppressPackageStartupMessages(library(survey))
options(digits = 15)
panel <- read.csv("survey_sample.csv")
hadamard4 <- rbind(c(1, 1, 1, 1), c(1, -1, 1, -1), c(1, 1, -1, -1), c(1, -1, -1, 1))
made <- list(
  jackknife = function(d) as.svrepdesign(d, type = "JKn", mse = TRUE),
  brr = function(d) as.svrepdesign(d, type = "BRR", hadamard.matrix = hadamard4, mse = TRUE),
  fay = function(d) as.svrepdesign(d, type = "Fay", fay.rho = .3, hadamard.matrix = hadamard4, mse = TRUE)
)
calls <- c(jackknife = "as.svrepdesign(type = \"JKn\", mse = TRUE)", brr = "as.svrepdesign(type = \"BRR\", hadamard.matrix, mse = TRUE)",
           fay = "as.svrepdesign(type = \"Fay\", fay.rho = 0.3, hadamard.matrix, mse = TRUE)")
figures <- NULL
for (method in names(made)) {
  d <- if (method == "jackknife") panel else panel[panel$psu <= 2, ]
  add <- function(indicator, category, statistic, design) {
    v <- withReplicates(design, statistic)
    figures <<- rbind(figures, data.frame(method, indicator, category, value = sprintf("%.15g", as.vector(coef(v))),
      se = sprintf("%.15g", as.vector(SE(v))), call = paste0(calls[[method]], "; withReplicates(", indicator, ")")))
  }
  drawn <- function(data) made[[method]](svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = data))
  after <- drawn(d[d$wave == "after", ])
  both <- drawn(d)
  held <- function(d, category, wave) !is.na(d$y) & d$wave == wave & (category == "all" | d$group == category)
  over <- function(w, d, k, x = 1) sum((w * d$y)[k]) / sum((w * x)[k])
  for (category in c("all", "even", "odd")) {
    add("mean-y", category, function(w, d) over(w, d, held(d, category, "after")), after)
    add("ratio-y-x", category, function(w, d) over(w, d, held(d, category, "after"), d$x), after)
    add("total-y", category, function(w, d) sum((w * d$y)[held(d, category, "after")]), after)
    add("share-employed", category, function(w, d) { k <- category == "all" | d$group == category; sum((w * d$employed)[k]) / sum(w[k]) }, after)
    add("change-y", category, function(w, d) over(w, d, held(d, category, "after")) - over(w, d, held(d, category, "before")), both)
  }
  add("contrast", "even", function(w, d) over(w, d, held(d, "even", "after")) - over(w, d, held(d, "odd", "after")), after)
}
write.csv(figures, "replicate_errors_figures.csv", row.names = FALSE)
