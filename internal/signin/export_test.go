package signin

var CleanUserAgent = cleanUserAgent
