module compare.example/peer

go 1.21
