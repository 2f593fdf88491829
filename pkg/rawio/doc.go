// Package rawio reads and writes descriptors that never block without telling Go's
// scheduler.
//
// A system call that moves 256 KiB takes up to 100 µs, all of it work: the kernel
// copies, nothing is waited for. To the scheduler it looks like one that blocks. It
// gives the caller's processor to another thread, wakes its monitor, which then
// looks every 20 µs, and takes the processor back later, all of which costs more
// than the copy where several processes share few cores. A raw system call is
// to the scheduler as any other stretch of code; what does have to be waited for is
// left to the network poller, as ever.
package rawio
