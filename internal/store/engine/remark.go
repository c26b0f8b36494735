package engine

// Condition is what an inspection of a database found.
type Condition struct {
	// About names the system and its version, such as "PostgreSQL 17.2".
	About   string
	Remarks []Remark
}

// Remark is something about a database that should be changed.
type Remark struct {
	// Severe is true if the server does not work like this, or loses or reveals data.
	Severe bool
	// Message says what is wrong, and Advice what to do about it.
	Message, Advice string
}
