:outer foreach ($host_name in 'a', 'b') {
    foreach ($number in 1, 2) {
        if ($number -eq 2) { $found = $true; break outer }
        if ($host_name -eq 'a') {
            continue outer
        }
        while ($true) { continue  outer; }
    }
}
