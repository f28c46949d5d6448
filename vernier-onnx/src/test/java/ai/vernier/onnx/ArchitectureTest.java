package ai.vernier.onnx;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/// The rules of the house, for this module; code generated from the schema is left out.
class ArchitectureTest {
    private static final String FORBIDDEN_NAMES = ".*(Manager|Helper|Utils?|Common|Impl|Base)";

    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/OnnxProto"))
            .importPackages("ai.vernier.onnx");

    @Test
    void packagesImportOnlyThoseAboveThem() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("values")
                .definedBy("ai.vernier.onnx")
                .layer("io")
                .definedBy("ai.vernier.onnx.io")
                .layer("rewrite")
                .definedBy("ai.vernier.onnx.rewrite")
                .whereLayer("io")
                .mayOnlyBeAccessedByLayers("rewrite")
                .whereLayer("rewrite")
                .mayNotBeAccessedByAnyLayer()
                .check(MODULE);
        slices().matching("ai.vernier.(**)").should().beFreeOfCycles().check(MODULE);
    }

    @Test
    void onlyTheReaderAndWriterKnowProtobuf() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ai.vernier.onnx.io")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.google.protobuf..")
                .check(MODULE);
    }

    @Test
    void theModuleNeedsOnlyJavaAndProtobuf() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("ai.vernier.onnx..", "java..", "com.google.protobuf..", "org.jspecify..")
                .check(MODULE);
    }

    @Test
    void everyPackageIsNullMarked() {
        classes().should(new NullMarkedPackage()).check(MODULE);
    }

    @Test
    void namesSayWhatThingsAre() {
        noClasses().should().haveNameMatching(FORBIDDEN_NAMES).check(MODULE);
    }

    @Test
    void roundingIsAlwaysNamed() {
        noClasses()
                .should()
                .callMethod(Math.class, "round", float.class)
                .orShould()
                .callMethod(Math.class, "round", double.class)
                .orShould()
                .callMethod(StrictMath.class, "round", float.class)
                .orShould()
                .callMethod(StrictMath.class, "round", double.class)
                .check(MODULE);
    }

    @Test
    void theSmallestPositiveNumberIsNotTakenForTheLowest() {
        noClasses()
                .should()
                .accessField(Float.class, "MIN_VALUE")
                .orShould()
                .accessField(Double.class, "MIN_VALUE")
                .check(MODULE);
    }

    private static final class NullMarkedPackage extends ArchCondition<JavaClass> {
        NullMarkedPackage() {
            super("reside in a package that is @NullMarked");
        }

        @Override
        public void check(JavaClass item, ConditionEvents events) {
            boolean marked = item.getPackage()
                    .tryGetPackageInfo()
                    .map(info -> info.isAnnotatedWith(NullMarked.class))
                    .orElse(false);
            events.add(new SimpleConditionEvent(item, marked, item.getPackageName() + " of " + item.getName()));
        }
    }
}
