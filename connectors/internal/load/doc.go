// Package load is what our destinations share that write streams into the tables
// of a database: which column a field goes to, transactions that states wait for,
// counts, generations. The database itself is behind Database and Target.
package load
