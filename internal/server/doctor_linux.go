package server

import "syscall"

// unsynchronized is what the kernel returns if no program keeps its clock synchronized.
const unsynchronized = 5 // TIME_ERROR

// checkMachineClock asks the kernel whether its clock is synchronized. Some containers are not allowed to ask.
func (d *doctor) checkMachineClock() {
	var t syscall.Timex
	if state, err := syscall.Adjtimex(&t); err == nil && state == unsynchronized {
		d.add("clock", Warning, "this machine's clock is not synchronized", "enable chrony or systemd-timesyncd; in a virtual machine or container, on its host")
	}
}
