import java.util.concurrent.*;
public class Hello {
    public static void main(String[] args) throws Exception {
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (int task = 0; task < 64; task++) {
                pool.submit(() -> new byte[1 << 20].length);
            }
        }
        System.gc();
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            arena.allocate(32 << 20).fill((byte) 1);
        }
        System.out.println("done");
    }
}
