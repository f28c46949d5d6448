package ai.vernier;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The house rules that can be read off the compiled classes, which are read once for all tests.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
    /// A package imports only packages that stand before it; `engine` counts as one with what is inside it.
    private static final List<String> ORDER = List.of(
            "onnx",
            "onnx.io",
            "onnx.rewrite",
            "settings",
            "quant",
            "target",
            "data",
            "engine",
            "passes",
            "recipe",
            "observe",
            "calibrate",
            "simulate",
            "algorithm",
            "lower",
            "integer",
            "train",
            "analyze",
            "search",
            "export",
            "report",
            "plugin",
            "pipeline");

    private static final Set<String> MAY_USE_LIBTORCH =
            Set.of("engine", "observe", "algorithm", "simulate", "integer", "train");

    private static final Set<String> SHARED_STATE = Set.of(
            "java.lang.ThreadLocal",
            "java.util.HashMap",
            "java.util.ArrayList",
            "java.util.concurrent.ConcurrentHashMap");

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("ai.vernier");

    @Test
    void everyPackageHasItsPlaceInTheOrder() {
        assertThat(ours().map(ArchitectureTest::room).distinct())
                .isNotEmpty()
                .allSatisfy(room -> assertThat(ORDER).contains(room));
    }

    @Test
    void aPackageImportsOnlyPackagesBeforeIt() {
        assertThat(dependencies(dependency -> isOurs(dependency.getTargetClass())
                        && place(dependency.getTargetClass()) > place(dependency.getOriginClass())))
                .isEmpty();
    }

    @Test
    void noPackagesDependOnEachOtherInACircle() {
        SlicesRuleDefinition.slices()
                .matching("ai.vernier.(*)..")
                .should()
                .beFreeOfCycles()
                .check(classes);
    }

    /// Inside the engine: tensors, C libraries, operators, steps of a replay, and the programs made of them.
    @Test
    void theEngineIsBuiltInLayers() {
        SlicesRuleDefinition.slices()
                .matching("ai.vernier.engine.(*)..")
                .should()
                .beFreeOfCycles()
                .check(classes);
        assertThat(dependencies(dependency -> isIn("ai.vernier.engine.op", dependency.getTargetClass())
                        && (isIn("ai.vernier.engine.tensor", dependency.getOriginClass())
                                || isIn("ai.vernier.engine.cpu", dependency.getOriginClass()))))
                .isEmpty();
    }

    @Test
    void libTorchTypesStayInTheRoomsThatCompute() {
        assertThat(dependencies(dependency -> isIn("org.bytedeco", dependency.getTargetClass())
                        && !MAY_USE_LIBTORCH.contains(room(dependency.getOriginClass()))))
                .isEmpty();
    }

    @Test
    void onnxRuntimeTypesStayInTheirRoom() {
        assertThat(dependencies(dependency -> isIn("ai.onnxruntime", dependency.getTargetClass())
                        && !isIn("ai.vernier.engine.ort", dependency.getOriginClass())))
                .isEmpty();
    }

    @Test
    void servicesAreLoadedInPluginOnly() {
        assertThat(dependencies(
                        dependency -> dependency.getTargetClass().getName().equals("java.util.ServiceLoader")
                                && !room(dependency.getOriginClass()).equals("plugin")))
                .isEmpty();
    }

    @Test
    void nothingRoundsHalfUp() {
        assertThat(ours().flatMap(type -> type.getMethodCallsFromSelf().stream())
                        .filter(call -> call.getTargetOwner().isEquivalentTo(Math.class)
                                || call.getTargetOwner().isEquivalentTo(StrictMath.class))
                        .filter(call -> call.getName().equals("round"))
                        .map(Object::toString))
                .as("Math.round rounds half up; use Math.rint")
                .isEmpty();
    }

    @Test
    void theLibraryDoesNotPrint() {
        assertThat(ours().flatMap(type -> type.getFieldAccessesFromSelf().stream())
                        .filter(access -> access.getTargetOwner().isEquivalentTo(System.class))
                        .map(Object::toString))
                .as("results speak through returned values")
                .isEmpty();
    }

    @Test
    void namesSayWhatAClassIs() {
        assertThat(ours().map(JavaClass::getSimpleName))
                .noneMatch(name -> name.matches(".*(Manager|Helper|Utils?|Common|Impl|Base)"));
    }

    @Test
    void nothingStaticChanges() {
        assertThat(ours().flatMap(type -> type.getFields().stream())
                        .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                        .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
                        .filter(field -> !field.getModifiers().contains(JavaModifier.FINAL) || isSharedState(field))
                        .map(JavaField::getFullName))
                .isEmpty();
    }

    private static boolean isSharedState(JavaField field) {
        String type = field.getRawType().getName();
        return SHARED_STATE.contains(type) || type.startsWith("java.util.concurrent.atomic.");
    }

    private Stream<JavaClass> ours() {
        return classes.stream().filter(ArchitectureTest::isOurs);
    }

    private List<String> dependencies(Predicate<Dependency> unwanted) {
        return ours().flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(unwanted)
                .map(Dependency::getDescription)
                .toList();
    }

    /// Written by us: not generated from the ONNX schema.
    private static boolean isOurs(JavaClass type) {
        return isIn("ai.vernier", type) && !type.getName().startsWith("ai.vernier.onnx.io.OnnxProto");
    }

    private static boolean isIn(String packageName, JavaClass type) {
        return type.getPackageName().equals(packageName)
                || type.getPackageName().startsWith(packageName + ".");
    }

    private static int place(JavaClass type) {
        return ORDER.indexOf(room(type));
    }

    /// The package below `ai.vernier`, `engine` standing for everything inside it.
    private static String room(JavaClass type) {
        String name = type.getPackageName().substring("ai.vernier".length()).replaceFirst("^\\.", "");
        return name.startsWith("engine.") ? "engine" : name;
    }
}
